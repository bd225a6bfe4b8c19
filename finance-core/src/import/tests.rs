use proptest::prelude::*;

use super::*;

fn read(bytes: &[u8]) -> Result<FileContents, ImportError> {
    read_file(bytes, &ImportFormat::Auto, &ImportPolicy::default())
}

/// The rows of a table: day, amount, description, payee.
fn rows(text: &str) -> Vec<String> {
    let contents = read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let [statement] = &contents.statements[..] else { panic!("{contents:?}") };
    assert_eq!(statement.problems, [], "{text}");
    let told = statement.rows.iter().map(|row| {
        let payee = row.payee.as_deref().map(|payee| format!(" / {payee}")).unwrap_or_default();
        format!("{} {} {}{payee}", row.date, row.amount, row.description)
    });
    told.collect()
}

#[test]
fn tables_as_banks_write_them() {
    let cases: &[(&str, &[&str])] = &[
        ("Date,Description,Amount\n2026-01-31,Rent,-900.00\n", &["2026-01-31 -900.00 Rent"]),
        (
            "Transaction Date,Post Date,Description,Category,Type,Amount,Memo\n01/02/2026,01/15/2026,\"SHOP, INC\",Food,Sale,-12.34,\n",
            &["2026-01-15 -12.34 SHOP, INC"],
        ),
        (
            "Buchungstag;Valuta;Auftraggeber/Empfänger;Verwendungszweck;Betrag;Währung\n\
             31.01.2026;31.01.2026;Müller GmbH;Rechnung 7;-1.234,56;EUR\n02.02.2026;02.02.2026;Ich;Lohn;3.000,00;EUR\n",
            &["2026-01-31 -1234.56 Rechnung 7 / Müller GmbH", "2026-02-02 3000.00 Lohn / Ich"],
        ),
        (
            "Date,Description,Debit,Credit,Balance\n13/01/2026,ATM,20.00,,80.00\n14/01/2026,Pay,,100.00,180.00\n",
            &["2026-01-13 -20.00 ATM", "2026-01-14 100.00 Pay"],
        ),
        (
            "Date\tDescription\tMoney out\tMoney in\n13 Jan 2026\tATM\t(20.00)\t\n14 Jan 2026\tPay\t0.00\t1,000.00\n",
            &["2026-01-13 -20.00 ATM", "2026-01-14 1000.00 Pay"],
        ),
        (
            "\"Datum\";\"Naam / Omschrijving\";\"Af Bij\";\"Bedrag (EUR)\";\"Mededelingen\"\n\
             \"20260113\";\"Albert\";\"Af\";\"12,50\";\"Pas 1\"\n\"20260114\";\"Baas\";\"Bij\";\"2.500,00\";\"Loon\"\n",
            &["2026-01-13 -12.50 Pas 1 / Albert", "2026-01-14 2500.00 Loon / Baas"],
        ),
        (
            "Account: 123\nFrom 2026-01-01\n\nDate|Narrative|Amount\n2026-01-31|Fee|(1.50)\n\n|Total|\n||\n",
            &["2026-01-31 -1.50 Fee"],
        ),
        (
            "01/31/2026,-45.00,*,,CHECK 117\n02/01/2026,12.00,*,,DEPOSIT\n",
            &["2026-01-31 -45.00 CHECK 117", "2026-02-01 12.00 DEPOSIT"],
        ),
        ("Date;Libellé;Montant\n31/01/2026;Café « Noël »;-2,50\n", &["2026-01-31 -2.50 Café « Noël »"]),
        ("Date,Amount,Description\r\n2026-01-31,5,\"two\r\nlines\"\r\n", &["2026-01-31 5 two\r\nlines"]),
    ];
    for (text, expected) in cases {
        assert_eq!(rows(text), *expected, "{text}");
    }
}

#[test]
fn letters_are_read_in_every_encoding() {
    let text = "Datum;Text;Betrag\n31.01.2026;Müller – 5 €;-1,50\n";
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
    let (windows, ..) = encoding_rs::WINDOWS_1252.encode(text);
    for bytes in [
        text.as_bytes().to_vec(),
        marked(&[0xef, 0xbb, 0xbf], text.as_bytes().to_vec()),
        utf16(u16::to_le_bytes),
        marked(&[0xff, 0xfe], utf16(u16::to_le_bytes)),
        marked(&[0xfe, 0xff], utf16(u16::to_be_bytes)),
        utf16(u16::to_be_bytes),
        windows.into_owned(),
    ] {
        let contents = read(&bytes).unwrap_or_else(|error| panic!("{error}: {bytes:?}"));
        assert_eq!(&*contents.statements[0].rows[0].description, "Müller – 5 €");
    }
}

#[test]
fn what_can_be_read_in_two_ways_is_asked() {
    use LayoutQuestion::{AmountColumn, DateColumn, DateOrder as Order, DecimalMark as Mark};
    let cases: &[(&str, &[LayoutQuestion])] = &[
        (
            "Date,Description,Amount\n01/02/2026,Rent,-900.00\n03/04/2026,Rent,-900.00\n",
            &[Order("01/02/2026".into())],
        ),
        ("Date,Description,Amount\n2026-01-02,Rent,\"1,234\"\n", &[Mark("1,234".into())]),
        ("Date;Description;Amount\n2026-01-02;Rent;1,50\n2026-01-03;Rent;1.50\n", &[Mark("1.50".into())]),
        ("a,b,c\n2026-01-02,1.50,2.50\n", &[AmountColumn]),
        ("alpha,beta\ngamma,delta\n", &[DateColumn, AmountColumn]),
    ];
    for (text, expected) in cases {
        let Err(ImportError::Layout { questions, .. }) = read(text.as_bytes()) else {
            panic!("{text}: {:?}", read(text.as_bytes()))
        };
        assert!(expected.iter().all(|question| questions.contains(question)), "{text}: {questions:?}");
    }
    // An answer is all it takes.
    let text = cases[0].0;
    let (guess, questions) = guess_csv_layout(text.as_bytes()).unwrap();
    assert_eq!(questions.len(), 1);
    for (date_order, expected) in
        [(DateOrder::DayMonthYear, "2026-02-01"), (DateOrder::MonthDayYear, "2026-01-02")]
    {
        let format = ImportFormat::Csv(CsvLayout { date_order, ..guess.clone() });
        let contents = read_file(text.as_bytes(), &format, &ImportPolicy::default()).unwrap();
        assert_eq!(contents.statements[0].rows[0].date.to_string(), expected);
    }
}

#[test]
fn a_row_that_cannot_be_read_says_where() {
    let text = "Date,Description,Amount\n2026-01-02,Rent,-900.00\n2026-02-30,Rent,-900.00\n2026-03-02,Rent,abc\n,Rent,5.00\n";
    let contents = read(text.as_bytes()).unwrap();
    let problems: Vec<String> = contents.statements[0].problems.iter().map(RowProblem::to_string).collect();
    let expected = [
        "line 3, day: `2026-02-30` is no day",
        "line 4, amount: `abc` is no amount",
        "line 5, day: `` is missing",
    ];
    assert_eq!(problems, expected);
    assert_eq!(contents.statements[0].rows.len(), 1);
}

#[test]
fn what_stands_beyond_the_columns_is_a_problem() {
    let problems = |text: &str| -> Vec<String> {
        let contents = read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        contents.statements[0].problems.iter().map(RowProblem::to_string).collect()
    };
    let told = problems("Date,Description,Amount\n2026-01-05,A,5.00\n2026-01-06,B,1,234.56\n");
    assert_eq!(
        told,
        ["line 3, column 4: `234.56` is in no column: put values that contain the separator into quotes"]
    );
    // Also above the table, and where the text moves rather than the amount.
    let told =
        problems("My bank\n\nDate,Amount,Description\n2026-01-05,5.00,Shop, Berlin\n2026-01-06,1.00,Bus\n");
    assert_eq!(told.len(), 1, "{told:?}");
    for harmless in [
        "Date,Description,Amount\n2026-01-05,A,5.00,, \n",
        "Date,Description,Amount,\n2026-01-05,A,5.00,note\n",
        "My bank\n2026-01-05,A,5.00\n",
        "Date,Description,Amount\n2026-01-05,A,5.00\n,,,total\n",
    ] {
        assert_eq!(problems(harmless), [""; 0], "{harmless}");
    }
}

#[test]
fn cards_may_write_the_other_sign() {
    let text = "Date,Description,Amount\n2026-01-02,Shop,12.00\n";
    let (guess, _) = guess_csv_layout(text.as_bytes()).unwrap();
    let amount = AmountColumns::One { column: 2, positive_out: true };
    let format = ImportFormat::Csv(CsvLayout { amount, ..guess });
    let contents = read_file(text.as_bytes(), &format, &ImportPolicy::default()).unwrap();
    assert_eq!(contents.statements[0].rows[0].amount.to_string(), "-12.00");
}

const SGML: &str = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n<OFX><SIGNONMSGSRSV1><SONRS>\
<STATUS><CODE>0<SEVERITY>INFO</STATUS></SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD\n\
<BANKACCTFROM><BANKID>1<ACCTID>777<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST>\n\
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260131120000[-5:EST]<TRNAMT>-12.30<FITID>1<NAME>AT&T &amp; SONS<MEMO>Bill</STMTTRN>\n\
<STMTTRN><TRNTYPE>CHECK<DTPOSTED>20260201<TRNAMT>-5,50<FITID>2<CHECKNUM>117<NAME>\n<MEMO>Gift</STMTTRN>\n\
</BANKTRANLIST><LEDGERBAL><BALAMT>82.20<DTASOF>20260201</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>";

const XML: &str = r#"<?xml version="1.0"?><?OFX OFXHEADER="200" VERSION="211"?>
<OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><CCSTMTRS><CURDEF>EUR</CURDEF><CCACCTFROM><ACCTID>999</ACCTID></CCACCTFROM>
<BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20260131</DTPOSTED><TRNAMT>-1.00</TRNAMT><FITID>a</FITID>
<NAME>Caf&#233; &lt;3</NAME><MEMO/></STMTTRN></BANKTRANLIST>
<LEDGERBAL><BALAMT>-1.00</BALAMT><DTASOF>20260131</DTASOF></LEDGERBAL></CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>"#;

#[test]
fn ofx_of_both_kinds_is_read() {
    let contents = read(SGML.as_bytes()).unwrap();
    let [statement] = &contents.statements[..] else { panic!("{contents:?}") };
    assert_eq!((statement.account.as_deref(), &statement.problems[..]), (Some("777"), &[][..]));
    let told: Vec<String> = statement
        .rows
        .iter()
        .map(|row| format!("{} {} {} {:?}", row.date, row.amount, row.description, row.details.as_deref()))
        .collect();
    assert_eq!(
        told,
        [r#"2026-01-31 -12.30 AT&T & SONS Some("AT&T & SONS Bill")"#, "2026-02-01 -5.50 Gift None"]
    );
    assert_eq!(statement.rows[1].check_number.as_deref(), Some("117"));
    let balance = statement.balance.as_ref().unwrap();
    assert_eq!((balance.line, balance.amount.to_string().as_str()), (12, "82.20"));
    assert_eq!(balance.currency, Currency::iso("USD").ok());

    let contents = read(XML.as_bytes()).unwrap();
    let [statement] = &contents.statements[..] else { panic!("{contents:?}") };
    assert_eq!(&*statement.rows[0].description, "Café <3");
    assert_eq!((statement.rows[0].line, statement.currency.clone()), (3, Currency::iso("EUR").ok()));
}

#[test]
fn an_amount_of_ofx_is_read_as_the_others_of_the_file_are() {
    let read_with = |first: &str, second: &str| {
        let text = XML.replace("<TRNAMT>-1.00", &format!("<TRNAMT>{first}"));
        let statement = read(text.replace("<BALAMT>-1.00", &format!("<BALAMT>{second}")).as_bytes());
        let statement = statement.unwrap().statements.remove(0);
        let faults: Vec<RowFault> = statement.problems.iter().map(|problem| problem.fault).collect();
        let amounts =
            statement.rows.iter().map(|row| row.amount).chain(statement.balance.map(|it| it.amount));
        (amounts.map(|amount| amount.to_string()).collect::<Vec<_>>().join(" "), faults)
    };
    assert_eq!(read_with("-1,234", "-1.00"), ("-1234 -1.00".to_owned(), vec![]));
    assert_eq!(read_with("-1,00", "-1,234"), ("-1.00 -1.234".to_owned(), vec![]));
    assert_eq!(read_with("-1,234", "7"), ("7".to_owned(), vec![RowFault::UnclearMark]));
    assert_eq!(read_with("7", "-1,234"), ("7".to_owned(), vec![]));
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    for text in [SGML, XML] {
        for length in text.char_indices().map(|(at, _)| at) {
            if let Ok(contents) = read(&text.as_bytes()[..length]) {
                panic!("{length} bytes are read as {contents:?}");
            }
        }
    }
}

#[test]
fn other_formats_are_refused_by_name() {
    use ForeignFormat::{Camt, Html, Mt940, Pdf, Qif, Spreadsheet};
    for (text, foreign) in [
        ("<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\">", Camt),
        (":20:STARTUMS\n:25:10020030/1234\n:28C:0/1\n:60F:C260101EUR1,00\n", Mt940),
        ("!Type:Bank\nD1/1/2026\nT-5.00\n^\n", Qif),
        ("%PDF-1.7", Pdf),
        ("PK\u{3}\u{4}....", Spreadsheet),
        ("<!doctype html><html>", Html),
    ] {
        assert_eq!(read(text.as_bytes()), Err(ImportError::Unsupported(foreign)), "{text}");
    }
    for (bytes, expected) in [
        (&b""[..], ImportError::Empty),
        (b" \n\n", ImportError::Empty),
        (b"just words\nand more words\n", ImportError::NotRecognised),
        (b"OFXHEADER:100\n<OFX></OFX>", ImportError::NoStatement),
        (b"Date,Description,Amount\n", ImportError::NoRows),
        (b"My bank\nDate;Description;Amount\n\n;;\n", ImportError::NoRows),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR,\x01\xff\xfe", ImportError::NotRecognised),
        (b"\xef\xbb\xbfDate,\xff", ImportError::NotText("UTF-8")),
    ] {
        assert_eq!(read(bytes), Err(expected));
    }
    // Looking at each column would take long, and no bank has so many.
    let wide = format!("Date,Description,Amount{}\n2026-01-02,Shop,12.00\n", ",".repeat(1_000));
    assert_eq!(read(wide.as_bytes()), Err(ImportError::TooManyColumns(1_000)));
}

#[test]
fn a_layout_must_fit_the_file() {
    let text = "Date,Description,Amount\n2026-01-02,Shop,12.00\n";
    let (guess, _) = guess_csv_layout(text.as_bytes()).unwrap();
    let beyond = AmountColumns::One { column: 99, positive_out: false };
    for layout in [
        CsvLayout { amount: beyond, ..guess.clone() },
        CsvLayout { date: 3, ..guess.clone() },
        CsvLayout { payee: Some(3), ..guess.clone() },
        CsvLayout { description: vec![1, 3], ..guess },
    ] {
        let refused = read_file(text.as_bytes(), &ImportFormat::Csv(layout), &ImportPolicy::default());
        assert!(matches!(refused, Err(ImportError::InvalidLayout(_))), "{refused:?}");
    }
}

#[test]
fn a_count_of_one_is_said_as_one() {
    let first = RowProblem::new(3, "day", "x", RowFault::NotADay);
    let told = |count| ImportError::Rows { count, first: first.clone() }.to_string();
    assert_eq!(told(1), "1 row cannot be read: line 3, day: `x` is no day");
    assert_eq!(told(2), "2 rows cannot be read, the first: line 3, day: `x` is no day");
    assert_eq!(
        ImportError::TooManyRows(1).to_string(),
        "the file has more than 1 row: export fewer days at a time"
    );
}

#[test]
fn sizes_are_bounded() {
    let text = format!("Date,Description,Amount\n{}", "2026-01-31,Rent,-900.00\n".repeat(20));
    let small = ImportPolicy { rows_max: 19, ..ImportPolicy::default() };
    assert_eq!(read_file(text.as_bytes(), &ImportFormat::Auto, &small), Err(ImportError::TooManyRows(19)));
    let small = ImportPolicy { bytes_max: 100, ..ImportPolicy::default() };
    let refused = read_file(text.as_bytes(), &ImportFormat::Auto, &small);
    assert_eq!(refused, Err(ImportError::TooLarge { bytes: text.len(), most: 100 }));
    let deep = format!("<OFX>{}", "<A>".repeat(100_000)) + &"</A>".repeat(100_000);
    assert!(matches!(read(deep.as_bytes()), Err(ImportError::Malformed { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
        let _ = guess_csv_layout(&bytes);
        let _ = read_file(&bytes, &ImportFormat::Ofx, &ImportPolicy::default());
    }

    #[test]
    fn no_change_of_a_sample_panics(
        which in 0_usize..3,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..8),
    ) {
        let table = "Date;Description;Debit;Credit\n31.01.2026;\"a;b\";1.234,50;\n01.02.2026;c;;5,00\n";
        let mut bytes = [SGML, XML, table][which].as_bytes().to_vec();
        for (place, byte, kind) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        let _ = read(&bytes);
    }

    #[test]
    fn an_amount_written_in_either_way_reads_back(cents in -99_999_999_i64..99_999_999, comma in any::<bool>()) {
        let amount = Decimal::new(cents, 2);
        let plain = format!("{:.2}", amount.abs());
        let (whole, fraction) = plain.split_once('.').unwrap();
        let (thousands, mark) = if comma { ('.', ',') } else { (',', '.') };
        let mut grouped = String::new();
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                grouped.push(thousands);
            }
            grouped.push(digit);
        }
        let sign = if cents < 0 { "-" } else { "" };
        let text = format!("{sign}{grouped}{mark}{fraction}");
        let mark = if comma { DecimalMark::Comma } else { DecimalMark::Point };
        prop_assert_eq!(super::amount::read(&text, mark), Some(amount));
        prop_assert_eq!(super::amount::seen(&text), Some(super::amount::Seen::Sure(mark)));
    }
}
