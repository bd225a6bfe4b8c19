//! OFX: statements of banks, cards, and the cash side of investments.

use std::sync::Arc;

use super::amount::OfxMarks;
use super::ofx_tree::{self, Element};
use super::{
    FileBalance, FileContents, FileFormat, FileRow, FileStatement, ImportError, ImportPolicy, RowFault,
    RowProblem, TEXT_CHARS_MAX, day,
};
use crate::model::Currency;

/// Statements by the elements that hold them: of a bank account, a card, an investment account.
const STATEMENTS: [&str; 3] = ["STMTRS", "CCSTMTRS", "INVSTMTRS"];

/// Whether a text looks like OFX.
pub(super) fn is_ofx(text: &str) -> bool {
    let head: String = text.trim_start().chars().take(2_000).collect();
    head.to_ascii_uppercase().starts_with("OFXHEADER") || ofx_tree::start(&head).is_some()
}

/// Reads a file.
pub(super) fn read(text: &str, policy: &ImportPolicy) -> Result<FileContents, ImportError> {
    let root = ofx_tree::read(text)?;
    let elements: Vec<&Element> = STATEMENTS.iter().flat_map(|name| root.all(name)).collect();
    if elements.is_empty() {
        return Err(refused(&root).unwrap_or(ImportError::NoStatement));
    }
    let amounts = ["TRNAMT", "BALAMT"].iter().flat_map(|name| root.all(name));
    let marks = OfxMarks::of(amounts.map(|amount| amount.text.trim()));
    let mut statements: Vec<FileStatement> = Vec::new();
    let mut rows = 0;
    for element in elements {
        let told = statement(element, marks);
        rows += told.rows.len() + told.problems.len();
        if rows > policy.rows_max {
            return Err(ImportError::TooManyRows(policy.rows_max));
        }
        match statements.iter_mut().find(|other| told.account.is_some() && other.account == told.account) {
            Some(same) => join(same, told),
            None => statements.push(told),
        }
    }
    Ok(FileContents { format: FileFormat::Ofx, layout: None, statements })
}

/// The error that the bank wrote instead of a statement.
fn refused(root: &Element) -> Option<ImportError> {
    let is_error =
        |status: &&Element| status.text_of("SEVERITY").is_some_and(|it| it.eq_ignore_ascii_case("ERROR"));
    let status = root.all("STATUS").into_iter().find(is_error)?;
    let text = |name: &str| status.text_of(name).unwrap_or("-").chars().take(300).collect();
    Some(ImportError::BankRefused { code: text("CODE"), message: text("MESSAGE") })
}

/// Two statements of one account are one; the later balance holds.
fn join(statement: &mut FileStatement, mut more: FileStatement) {
    if more.currency != statement.currency {
        let unnamed = more.rows.iter_mut().filter(|row| row.currency.is_none());
        unnamed.for_each(|row| row.currency.clone_from(&more.currency));
    }
    statement.rows.extend(more.rows);
    statement.problems.extend(more.problems);
    statement.securities += more.securities;
    let day = |balance: &Option<FileBalance>| balance.as_ref().map(|balance| balance.day);
    if day(&more.balance) > day(&statement.balance) {
        statement.balance = more.balance;
    }
}

fn statement(element: &Element, marks: OfxMarks) -> FileStatement {
    let from = ["BANKACCTFROM", "CCACCTFROM", "INVACCTFROM"].iter().find_map(|name| element.find(name));
    let currency = element.text_of("CURDEF").and_then(|code| Currency::iso(code).ok());
    let mut statement = FileStatement {
        account: from.and_then(|from| from.text_of("ACCTID")).map(str::to_owned),
        balance: balance(element, currency.clone(), marks),
        currency,
        securities: securities(element),
        ..FileStatement::default()
    };
    for transaction in element.all("STMTTRN") {
        match row(transaction, marks) {
            Ok(row) => statement.rows.push(row),
            Err(problem) => statement.problems.push(problem),
        }
    }
    statement
}

/// The closing balance, when it has a clear amount and a day.
fn balance(element: &Element, currency: Option<Currency>, marks: OfxMarks) -> Option<FileBalance> {
    let ledger = element.find("LEDGERBAL")?;
    let amount = marks.read(ledger.text_of("BALAMT")?).ok()?;
    let day = day::read_ofx(ledger.text_of("DTASOF")?)?;
    Some(FileBalance { line: ledger.line, amount, currency, day })
}

/// How many transactions are about securities.
fn securities(element: &Element) -> usize {
    element.all("INVTRAN").len()
}

fn row(element: &Element, marks: OfxMarks) -> Result<FileRow, RowProblem> {
    let problem = |field: &str, fault: RowFault| {
        let found = element.text_of(field).unwrap_or_default();
        let fault = if found.is_empty() { RowFault::Missing } else { fault };
        RowProblem::new(element.find(field).map_or(element.line, |leaf| leaf.line), field, found, fault)
    };
    if element.text_of("CORRECTFITID").is_some() {
        return Err(problem("CORRECTFITID", RowFault::Correction));
    }
    let date = element.text_of("DTPOSTED").and_then(day::read_ofx);
    let date = date.ok_or_else(|| problem("DTPOSTED", RowFault::NotADay))?;
    let amount = marks.read(element.text_of("TRNAMT").unwrap_or_default());
    let amount = amount.map_err(|fault| problem("TRNAMT", fault))?;
    let texts = ["NAME", "MEMO", "FITID"];
    let is_long =
        |name: &&&str| element.text_of(name).is_some_and(|text| text.chars().count() > TEXT_CHARS_MAX);
    if let Some(name) = texts.iter().find(is_long) {
        return Err(problem(name, RowFault::TooLong));
    }
    // `ORIGCURRENCY` tells of what the amount was converted from, `CURRENCY` what it is in.
    let currency = element.find("CURRENCY").and_then(|currency| currency.text_of("CURSYM"));
    let currency =
        currency.map(|code| Currency::iso(code).map_err(|_| problem("CURSYM", RowFault::NotACurrency)));
    let text = |name: &str| element.text_of(name).map(Arc::<str>::from);
    let payee = element.find("PAYEE").and_then(|payee| payee.text_of("NAME")).map(Arc::from);
    let (name, memo) = (text("NAME"), text("MEMO"));
    let details = match (&name, &memo) {
        (Some(name), Some(memo)) if !memo.contains(&**name) && !name.contains(&**memo) => {
            Some(format!("{name} {memo}").into())
        }
        (Some(name), Some(memo)) if memo.len() > name.len() => Some(memo.clone()),
        _ => None,
    };
    Ok(FileRow {
        line: element.line,
        id: text("FITID"),
        date,
        amount,
        currency: currency.transpose()?,
        description: name.or(memo).unwrap_or_default(),
        details,
        payee,
        code: element.text_of("TRNTYPE").map(|code| code.to_ascii_lowercase().into()),
        check_number: text("CHECKNUM"),
        merchant_category_code: element.text_of("SIC").map(Into::into),
    })
}
