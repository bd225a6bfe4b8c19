//! What layout a table has, as far as it shows.

use csv::StringRecord;

use super::amount::Seen;
use super::csv::records;
use super::header::{Meaning, meaning, money_in};
use super::{
    AmountColumns, CsvLayout, DateOrder, DecimalMark, ImportError, LayoutQuestion, TextEncoding, amount, day,
};

/// Records that are looked at.
const LOOKED_AT: usize = 2_000;
/// Records above the names of the columns, at the most.
const TITLES_MAX: usize = 30;
/// Columns that a table has at the most.
const COLUMNS_MAX: usize = 1_000;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
const QUOTE: u8 = b'"';

/// The layout of a table, unless something is open.
pub(super) fn layout(text: &str) -> Result<CsvLayout, ImportError> {
    let (guess, questions) = guess(text)?;
    if questions.is_empty() {
        return Ok(guess);
    }
    Err(ImportError::Layout { questions, guess: Box::new(guess) })
}

/// The layout of a table and what is open of it.
pub(super) fn guess(text: &str) -> Result<(CsvLayout, Vec<LayoutQuestion>), ImportError> {
    let tables = DELIMITERS.into_iter().filter_map(|delimiter| Table::of(text, delimiter));
    let table = tables.max_by_key(Table::merit).ok_or_else(|| no_table(text))?;
    if table.has_names_only() {
        return Err(ImportError::NoRows);
    }
    Ok(table.guess())
}

/// Why there is no table: a row is too wide, or the file is something else.
fn no_table(text: &str) -> ImportError {
    let is_too_wide = |delimiter: u8| {
        let mut rows = records(text, delimiter, QUOTE).take(LOOKED_AT).flatten();
        rows.any(|(_, row)| row.len() > COLUMNS_MAX)
    };
    if DELIMITERS.into_iter().any(is_too_wide) {
        ImportError::TooManyColumns(COLUMNS_MAX)
    } else {
        ImportError::NotRecognised
    }
}

/// The head of a table as one separator makes it.
struct Table {
    delimiter: u8,
    records: Vec<StringRecord>,
    /// The record with the names of the columns.
    header: Option<usize>,
    /// The number of columns that most records have, and how many have it.
    width: usize,
    of_width: usize,
}

impl Table {
    fn of(text: &str, delimiter: u8) -> Option<Self> {
        let mut found = Vec::new();
        for record in records(text, delimiter, QUOTE).take(LOOKED_AT) {
            let record = record.ok()?.1;
            if record.len() > COLUMNS_MAX {
                return None;
            }
            found.push(record);
        }
        let mut widths: Vec<usize> = found.iter().map(StringRecord::len).collect();
        widths.sort_unstable();
        let most_frequent = widths.chunk_by(|a, b| a == b).max_by_key(|same| (same.len(), same[0]))?;
        let (width, of_width) = (most_frequent[0], most_frequent.len());
        let header = found.iter().take(TITLES_MAX).position(is_header);
        (width > 1).then_some(Self { delimiter, records: found, header, width, of_width })
    }

    /// Names of columns tell most, then how regular the table is.
    fn merit(&self) -> (bool, usize, usize) {
        (self.header.is_some(), self.of_width * 100 / self.records.len().max(1), self.width)
    }

    /// Whether nothing stands under the names of the columns.
    fn has_names_only(&self) -> bool {
        let Some(header) = self.header else { return false };
        self.records[header + 1..].iter().flatten().all(|field| field.trim().is_empty())
    }

    fn guess(&self) -> (CsvLayout, Vec<LayoutQuestion>) {
        let mut questions = Vec::new();
        let skip = self.header.map_or_else(|| self.first_row(), |header| header + 1);
        let rows = &self.records[skip.min(self.records.len())..];
        let columns = match self.header {
            Some(header) => Columns::named(&self.records[header], rows),
            None => Columns::by_content(rows, self.width),
        };
        let date = columns.date.unwrap_or_else(|| {
            questions.push(LayoutQuestion::DateColumn);
            0
        });
        let amount = columns.amount.unwrap_or_else(|| {
            questions.push(LayoutQuestion::AmountColumn);
            AmountColumns::One { column: 0, positive_out: false }
        });
        if columns.description.is_empty() && columns.payee.is_none() {
            questions.push(LayoutQuestion::TextColumn);
        }
        let date_order = columns.date.map_or(Ok(DateOrder::YearMonthDay), |column| order_of(rows, column));
        let decimal = columns.amount.map_or(Ok(DecimalMark::Point), |columns| decimal_of(rows, columns));
        let layout = CsvLayout {
            encoding: TextEncoding::Auto,
            delimiter: self.delimiter.into(),
            quote: QUOTE.into(),
            skip,
            date,
            date_order: date_order.clone().unwrap_or(DateOrder::DayMonthYear),
            amount,
            decimal: decimal.clone().unwrap_or(DecimalMark::Point),
            description: columns.description,
            payee: columns.payee,
            currency: columns.currency,
            id: columns.id,
            check_number: columns.check_number,
        };
        questions.extend(date_order.err().into_iter().chain(decimal.err()));
        (layout, questions)
    }

    /// The first record with a day and an amount.
    fn first_row(&self) -> usize {
        let is_row = |record: &StringRecord| {
            let day = record.iter().any(|field| !day::orders(field).is_empty());
            day && record.iter().any(is_amount)
        };
        self.records.iter().position(is_row).unwrap_or(0)
    }
}

/// A value that can only be an amount: no day, and not a long number without a mark.
fn is_amount(field: &str) -> bool {
    let number = field.trim().bytes().all(|byte| byte.is_ascii_digit());
    amount::seen(field).is_some() && day::orders(field).is_empty() && !(number && field.trim().len() > 6)
}

/// Whether a record has a name for the day and one for the amount.
fn is_header(record: &StringRecord) -> bool {
    let meanings: Vec<Meaning> = record.iter().filter_map(meaning).collect();
    let has = |wanted: fn(&Meaning) -> bool| meanings.iter().any(wanted);
    has(|it| matches!(it, Meaning::Date(_)))
        && has(|it| matches!(it, Meaning::Amount | Meaning::Debit | Meaning::Credit))
}

#[derive(Debug, Default)]
struct Columns {
    date: Option<usize>,
    amount: Option<AmountColumns>,
    description: Vec<usize>,
    payee: Option<usize>,
    currency: Option<usize>,
    id: Option<usize>,
    check_number: Option<usize>,
}

impl Columns {
    fn named(header: &StringRecord, rows: &[StringRecord]) -> Self {
        let meanings: Vec<Option<Meaning>> = header.iter().map(meaning).collect();
        let first = |wanted: Meaning| meanings.iter().position(|it| *it == Some(wanted));
        let date = (0..=3).find_map(|rank| first(Meaning::Date(rank)).filter(|at| has_days(rows, *at)));
        let mark = first(Meaning::Mark).filter(|at| says_directions(rows, *at));
        let (debit, credit) = (first(Meaning::Debit), first(Meaning::Credit));
        let amount = match (first(Meaning::Amount), debit, credit) {
            (Some(column), ..) => Some(match mark {
                Some(mark) if !has_signs(rows, column) => AmountColumns::Marked { column, mark },
                _ => AmountColumns::One { column, positive_out: false },
            }),
            (None, Some(debit), Some(credit)) => Some(AmountColumns::DebitCredit { debit, credit }),
            _ => None,
        };
        let texts = |rank| {
            let all = meanings.iter().enumerate();
            all.filter(move |(_, it)| **it == Some(Meaning::Text(rank))).map(|(at, _)| at)
        };
        let payee = first(Meaning::Payee);
        let mut description: Vec<usize> = texts(0).collect();
        if description.is_empty() {
            description = texts(1).collect();
        }
        Self {
            date,
            amount,
            description,
            payee,
            currency: first(Meaning::Currency),
            id: first(Meaning::Id).filter(|at| is_unique(rows, *at)),
            check_number: first(Meaning::Check),
        }
    }

    /// Columns without names: one that has days, one that has amounts, and the longest of the others.
    fn by_content(rows: &[StringRecord], width: usize) -> Self {
        let only = |columns: Vec<usize>| if let [column] = columns[..] { Some(column) } else { None };
        let all = |column: usize, fits: fn(&str) -> bool| {
            let mut values =
                rows.iter().filter_map(|row| row.get(column)).filter(|it| !it.trim().is_empty()).peekable();
            values.peek().is_some() && values.all(fits)
        };
        let days: Vec<usize> = (0..width).filter(|at| all(*at, |it| !day::orders(it).is_empty())).collect();
        let amounts: Vec<usize> = (0..width).filter(|at| all(*at, is_amount)).collect();
        let length =
            |column: &usize| rows.iter().filter_map(|row| row.get(*column)).map(str::len).sum::<usize>();
        let rest = (0..width).filter(|at| !days.contains(at) && !amounts.contains(at));
        let description = rest.max_by_key(length).filter(|column| length(column) > 0);
        Self {
            date: days.first().copied(),
            amount: only(amounts).map(|column| AmountColumns::One { column, positive_out: false }),
            description: description.into_iter().collect(),
            ..Self::default()
        }
    }
}

/// The values of a column that are not empty.
fn values(rows: &[StringRecord], column: usize) -> impl Iterator<Item = &str> {
    rows.iter().filter_map(move |row| row.get(column)).map(str::trim).filter(|value| !value.is_empty())
}

fn has_days(rows: &[StringRecord], column: usize) -> bool {
    values(rows, column).any(|value| !day::orders(value).is_empty())
}

fn says_directions(rows: &[StringRecord], column: usize) -> bool {
    let mut values = values(rows, column).peekable();
    values.peek().is_some() && values.all(|value| money_in(value).is_some())
}

fn has_signs(rows: &[StringRecord], column: usize) -> bool {
    let negative = |value: &str| {
        amount::read(value, DecimalMark::Point)
            .or_else(|| amount::read(value, DecimalMark::Comma))
            .is_some_and(|amount| amount.is_sign_negative() && !amount.is_zero())
    };
    values(rows, column).any(negative)
}

fn is_unique(rows: &[StringRecord], column: usize) -> bool {
    let mut seen = std::collections::HashSet::new();
    values(rows, column).all(|value| seen.insert(value))
}

/// The order that fits all days of a column, or else most of them; a question when two fit and mean different days.
fn order_of(rows: &[StringRecord], column: usize) -> Result<DateOrder, LayoutQuestion> {
    let all = [DateOrder::YearMonthDay, DateOrder::DayMonthYear, DateOrder::MonthDayYear];
    let fitting =
        |order: DateOrder| values(rows, column).filter(|value| day::orders(value).contains(&order)).count();
    let best = all.into_iter().map(fitting).max().unwrap_or(0);
    let open: Vec<DateOrder> = all.into_iter().filter(|order| fitting(*order) == best).collect();
    let Some(&first) = open.first() else { return Ok(DateOrder::YearMonthDay) };
    let differs = |value: &&str| open.iter().any(|order| day::read(value, *order) != day::read(value, first));
    match values(rows, column).find(differs) {
        Some(value) => Err(LayoutQuestion::DateOrder(value.to_owned())),
        None => Ok(first),
    }
}

/// The decimal mark of the amounts; a question when they show none that is sure, or both.
fn decimal_of(rows: &[StringRecord], columns: AmountColumns) -> Result<DecimalMark, LayoutQuestion> {
    let columns = match columns {
        AmountColumns::One { column, .. } | AmountColumns::Marked { column, .. } => vec![column],
        AmountColumns::DebitCredit { debit, credit } => vec![debit, credit],
    };
    let (mut sure, mut either) = (None, None);
    for value in columns.iter().flat_map(|column| values(rows, *column)) {
        match amount::seen(value) {
            Some(Seen::Sure(mark)) if sure.is_some_and(|other| other != mark) => {
                return Err(LayoutQuestion::DecimalMark(value.to_owned()));
            }
            Some(Seen::Sure(mark)) => sure = Some(mark),
            Some(Seen::Either) => either = Some(value),
            Some(Seen::None) | None => {}
        }
    }
    match (sure, either) {
        (Some(mark), _) => Ok(mark),
        (None, Some(value)) => Err(LayoutQuestion::DecimalMark(value.to_owned())),
        (None, None) => Ok(DecimalMark::Point),
    }
}
