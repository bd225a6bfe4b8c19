//! Samples of many banks, broken ones among them, which `FINANCE_DATA` names.

use std::path::{Path, PathBuf};

use finance_core::*;
use rust_decimal::Decimal;

/// Files of OFX whose statements are read: rows, problems and the closing balance of each.
const READ: &[(&str, &str)] = &[
    ("anzcc.ofx", "1+0 -123.45 on 2017-05-10"),
    ("bank_medium.ofx", "3+0 382.34 on 2009-05-23"),
    ("checking.ofx", "3+0 100.99 on 2013-05-25"),
    ("date_missing.ofx", "0+3 0 on 2011-06-14"),
    ("decimal_error.ofx", "0+1 0 on 2011-06-14"),
    ("empty_balance.ofx", "1+0 -"),
    ("fidelity-savings.ofx", "4+0 -"),
    ("fidelity.ofx", "3+0 -"),
    ("investment_401k.ofx", "0+0 -"),
    ("investment_medium.ofx", "3+0 -"),
    ("multiple_accounts.ofx", "0+0 111 on 2012-06-03; 0+0 222 on 2012-06-03"),
    ("multiple_accounts2.ofx", "0+0 111 on 2012-06-03; 0+0 222 on 2012-06-03"),
    ("ofx-v102-empty-tags.ofx", "1+0 -"),
    ("suncorp.ofx", "1+0 1234.12 on 2013-12-15"),
    ("td_ameritrade.ofx", "0+0 -"),
    ("tiaacref.ofx", "0+0 -"),
    ("vanguard.ofx", "0+0 -"),
    ("vanguard401k.ofx", "0+0 -"),
    (
        "ofx-multiple-accounts-xml.ofx",
        "0+0 43.01 on 2014-07-17; 2+0 3000.25 on 2014-05-11; 1+0 11728.56 on 2014-07-17",
    ),
    ("ofxdata-banking-xml200.ofx", "0+1 1234.56 on 2017-01-16"),
    ("ofxdata-bb-two-stmtrs.ofx", "0+0 0.00 on 2017-03-29; 36+0 4555.28 on 2017-03-29"),
    ("ofxdata-bb.ofx", "1+0 239.35 on 2015-12-09"),
    ("ofxdata-bpbfc.ofx", "6+0 10000.00 on 2016-07-20"),
    ("ofxdata-cmfr.ofx", "42+0 10000.00 on 2016-06-27"),
    ("ofxdata-credit-card.ofx", "1+0 -500.00 on 2016-08-23"),
    ("ofxdata-emptyDateTime.ofx", "2+0 -"),
    ("ofxdata-google.ofx", "0+0 -"),
    ("ofxdata-investments-multiple-accounts-xml.ofx", "0+0 -; 0+0 -"),
    ("ofxdata-investments-oneline-xml.ofx", "0+0 -"),
    ("ofxdata-investments-xml.ofx", "1+0 -"),
    ("ofxdata-memoWithAmpersand.ofx", "16+0 -734.05 on 2018-10-13"),
    ("ofxdata-memoWithQuotes.ofx", "16+0 -734.05 on 2018-10-13"),
    ("ofxdata-oneline.ofx", "8+0 100.00 on 2016-07-19"),
    ("ofxdata-selfclose.ofx", "5+0 -"),
    ("ofxdata-xml.ofx", "3+0 5250.00 on 2007-10-15"),
    ("ofxdata.ofx", "3+0 5250.00 on 2007-10-15"),
];

/// Files of OFX that are refused, and how the reason begins.
const REFUSED: &[(&str, &str)] = &[
    ("account_listing_aggregation.ofx", "the file has no statement of an account"),
    ("bank_small.ofx", "the file has no statement of an account"),
    ("error_message.ofx", "the bank answered with error 2000: General Server Error"),
    ("signon_fail.ofx", "the bank answered with error 15500: Your request could not be processed"),
    ("signon_success.ofx", "the file has no statement of an account"),
    ("signon_success_no_message.ofx", "the file has no statement of an account"),
];

fn samples() -> PathBuf {
    PathBuf::from(std::env::var_os("FINANCE_DATA").expect("FINANCE_DATA names the folder"))
        .join("bank_exports")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().is_some_and(|name| name != "LICENSE") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(bytes: &[u8]) -> Result<FileContents, ImportError> {
    read_file(bytes, &ImportFormat::Auto, &ImportPolicy::default())
}

/// What a file says, in a line.
fn told(contents: &FileContents) -> String {
    let statements = contents.statements.iter().map(|it| {
        let balance = it
            .balance
            .as_ref()
            .map_or_else(|| "-".to_owned(), |balance| format!("{} on {}", balance.amount, balance.day));
        format!("{}+{} {balance}", it.rows.len(), it.problems.len())
    });
    statements.collect::<Vec<_>>().join("; ")
}

/// The rows of a file and their sum, found by nothing but the names of two elements; what is no amount counts as a row only.
fn rows_and_sum(text: &str) -> (usize, Decimal) {
    let amounts = text.split("<TRNAMT>").skip(1).map(|rest| rest.split(['<', '\n']).next().unwrap().trim());
    let amount = |text: &str| Decimal::from_str_exact(text.trim_start_matches('+')).unwrap_or_default();
    (text.matches("<STMTTRN>").count(), amounts.map(amount).sum())
}

#[test]
#[ignore = "needs FINANCE_DATA, the folder of real bank rows"]
fn by_finance_data_ofx_files_are_read_or_refused() {
    let files = files(&samples().join("ofxparse")).into_iter().chain(files(&samples().join("ofxparser")));
    let (mut read_whole, mut refused) = (0, 0);
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&file).unwrap();
        let expected =
            |list: &[(&str, &'static str)]| list.iter().find(|(it, _)| *it == name).map(|(_, told)| *told);
        match read(&bytes) {
            Ok(contents) => {
                assert_eq!(Some(told(&contents).as_str()), expected(READ), "{name}");
                let statements = &contents.statements;
                let rows: usize = statements.iter().map(|it| it.rows.len() + it.problems.len()).sum();
                let sum: Decimal = statements.iter().flat_map(|it| &it.rows).map(|row| row.amount).sum();
                let (rows_there, sum_there) = rows_and_sum(&String::from_utf8_lossy(&bytes));
                assert_eq!(rows, rows_there, "{name}");
                if statements.iter().all(|it| it.problems.is_empty()) {
                    assert_eq!(sum, sum_there, "{name}");
                    read_whole += 1;
                }
            }
            Err(error) => {
                let reason = expected(REFUSED).unwrap_or_else(|| panic!("{name}: {error}"));
                assert!(error.to_string().starts_with(reason), "{name}: {error}");
                refused += 1;
            }
        }
    }
    assert_eq!((read_whole, refused), (READ.len() - 3, REFUSED.len()));
}

#[test]
#[ignore = "needs FINANCE_DATA, the folder of real bank rows"]
fn by_finance_data_ofx_files_that_are_cut_off_or_damaged_never_panic() {
    let files = files(&samples().join("ofxparse")).into_iter().chain(files(&samples().join("ofxparser")));
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        for part in 1..60 {
            let cut = &bytes[..bytes.len() * part / 60];
            let statements = read(cut).map_or(Vec::new(), |contents| contents.statements);
            assert!(statements.is_empty(), "{} is read although it is cut off", file.display());
            let mut damaged = bytes.clone();
            let at = bytes.len() * part / 60;
            damaged[at] = damaged[at].wrapping_mul(31).wrapping_add(u8::try_from(part).unwrap());
            let _ = read(&damaged);
        }
    }
}

/// Files that are nothing but a few words.
fn neither(file: &Path) -> bool {
    ["empty_non_swift.sta", "invalid_statement.sta"].iter().any(|name| file.ends_with(name))
}

#[test]
#[ignore = "needs FINANCE_DATA, the folder of real bank rows"]
fn by_finance_data_other_formats_are_refused_by_name() {
    for (folder, expected) in [("camt", ForeignFormat::Camt), ("mt940", ForeignFormat::Mt940)] {
        for file in files(&samples().join(folder)) {
            match read(&std::fs::read(&file).unwrap()) {
                Err(ImportError::Unsupported(format)) => assert_eq!(format, expected, "{}", file.display()),
                Err(ImportError::NotRecognised) if neither(&file) => {}
                other => panic!("{}: {other:?}", file.display()),
            }
        }
    }
}
