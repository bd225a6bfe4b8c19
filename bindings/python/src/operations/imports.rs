//! Files of banks.

use finance_core::{AccountId, CsvLayout, ImportFormat, ImportRequest};
use pyo3::prelude::*;

use super::operations;
use crate::errors::Failure;
use crate::records::ImportReport;
use crate::values::{Bytes, User};

/// A request out of the arguments; without a layout the file tells its own format.
fn request(
    file: Vec<u8>,
    layout: Option<String>,
    file_account: Option<String>,
    skip_unreadable: bool,
) -> Result<ImportRequest, Failure> {
    let mut request = ImportRequest::new(file);
    if let Some(layout) = layout {
        let layout: CsvLayout = serde_json::from_str(&layout)
            .map_err(|error| Failure::invalid(format!("the layout cannot be read: {error}")))?;
        request.format = ImportFormat::Csv(layout);
    }
    (request.file_account, request.skip_unreadable) = (file_account, skip_unreadable);
    Ok(request)
}

operations! {
    /// Says what an import would do, and changes nothing. Its arguments are those of `import_file`.
    #[pyo3(signature = (user, account, file, *, layout = None, file_account = None, skip_unreadable = false))]
    fn preview_import(
        engine,
        user: User,
        account: i64,
        file: Bytes,
        layout: Option<String>,
        file_account: Option<String>,
        skip_unreadable: bool,
    ) -> ImportReport {
        let request = request(file.0, layout, file_account, skip_unreadable)?;
        Ok(engine.preview_import(&user.0, AccountId::new(account), &request).await?.into())
    }

    /// Reads a bank's file (CSV or OFX) into an account. What stands in the books already is not doubled.
    ///
    /// `layout` is how a table is read, as an earlier report's `layout` gives it; without it the file is looked at, and `UnclearLayoutError` is
    /// raised where it can be read in several ways: its `layout` is a guess to be mended. `file_account` names one of several accounts of a
    /// file. A row that cannot be read refuses the file, unless `skip_unreadable` leaves it out.
    ///
    /// A layout is a JSON object. Columns are counted from 0, and those that a table does not have are null: `date`; `date_order`
    /// (`day_month_year`, `month_day_year` or `year_month_day`); `amount`, which is `{"one": {"column": 1, "positive_out": false}}`, or
    /// `{"marked": {"column": 1, "mark": 2}}` where `mark` has a word for the direction, or `{"debit_credit": {"debit": 1, "credit": 2}}`;
    /// `decimal` (`point` or `comma`, before the decimals); `description` (a list of columns), `payee`, `currency`, `id`, `check_number`;
    /// `skip` (records before the first row), `delimiter`, `quote`, and `encoding` (`auto`, `utf8`, `utf16_le`, `utf16_be` or `windows1252`).
    #[pyo3(signature = (user, account, file, *, layout = None, file_account = None, skip_unreadable = false))]
    fn import_file(
        engine,
        user: User,
        account: i64,
        file: Bytes,
        layout: Option<String>,
        file_account: Option<String>,
        skip_unreadable: bool,
    ) -> ImportReport {
        let request = request(file.0, layout, file_account, skip_unreadable)?;
        Ok(engine.import_file(&user.0, AccountId::new(account), &request).await?.into())
    }
}
