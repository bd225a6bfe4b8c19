//! Arguments that several operations take.

use finance_core::{AccountId, ConnectionId, Currency, DateWindow, RowSelection, SyncScope};
use pyo3::prelude::*;
use pyo3::types::PyEllipsis;
#[cfg(feature = "stubs")]
use pyo3::{type_hint_identifier, type_hint_union};

use crate::choices;
use crate::errors::Failure;
use crate::values::{Day, Many};

/// All of a user's connections, one, or chosen accounts.
pub(super) fn scope(connection: Option<i64>, accounts: Option<Many<i64>>) -> Result<SyncScope, Failure> {
    match (connection, accounts) {
        (None, None) => Ok(SyncScope::All),
        (Some(connection), None) => Ok(SyncScope::Connection(ConnectionId::new(connection))),
        (None, Some(accounts)) => Ok(SyncScope::Accounts(chosen(Some(&accounts))?)),
        (Some(_), Some(_)) => Err(Failure::invalid("give a connection or accounts, not both")),
    }
}

/// Chosen accounts; none of them stands for all. Python says that by leaving them out, since a list of no accounts may be the answer
/// to a question.
pub(crate) fn chosen(accounts: Option<&Many<i64>>) -> Result<Vec<AccountId>, Failure> {
    let Some(Many(accounts)) = accounts else { return Ok(Vec::new()) };
    if accounts.is_empty() {
        return Err(Failure::invalid("`accounts` names no account: leave it out for all of them"));
    }
    Ok(accounts.iter().copied().map(AccountId::new).collect())
}

/// A whole number as the engine takes it.
pub(crate) fn whole<T: TryFrom<i64>>(name: &str, number: i64) -> Result<T, Failure> {
    T::try_from(number).map_err(|_| Failure::invalid(format!("`{name}` cannot be {number}")))
}

pub(crate) fn window(since: Option<Day>, until: Option<Day>) -> Result<DateWindow, Failure> {
    DateWindow::new(since.map(|day| day.0), until.map(|day| day.0)).map_err(Failure::invalid)
}

/// Which rows are asked for: those that count and are not hidden, unless somebody says otherwise.
pub(crate) fn selected(rows: Option<choices::RowSelection>) -> PyResult<RowSelection> {
    Ok(rows.map(|rows| rows.value()).transpose()?.unwrap_or_default())
}

/// A currency by its ISO 4217 code, or by a provider's own.
pub(crate) fn currency(code: &str) -> Result<Currency, Failure> {
    Currency::iso(code).or_else(|_| Currency::unofficial(code)).map_err(Failure::invalid)
}

/// A change of a field that can be empty: `...` leaves it as it is, `None` empties it.
#[derive(Clone)]
pub(super) enum Change<T> {
    Keep,
    Set(Option<T>),
}

impl<'a, 'py, T: FromPyObject<'a, 'py>> FromPyObject<'a, 'py> for Change<T> {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: pyo3::inspect::PyStaticExpr = type_hint_union!(
        T::INPUT_TYPE,
        pyo3::inspect::PyStaticExpr::Constant { value: pyo3::inspect::PyStaticConstant::None },
        type_hint_identifier!("types", "EllipsisType")
    );

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if value.is_instance_of::<PyEllipsis>() {
            Ok(Self::Keep)
        } else if value.is_none() {
            Ok(Self::Set(None))
        } else {
            value.extract().map(|value| Self::Set(Some(value))).map_err(Into::into)
        }
    }
}

impl<T> Change<T> {
    /// The change as the engine takes it.
    pub(super) fn map<U>(self, to: impl FnOnce(T) -> U) -> Option<Option<U>> {
        match self {
            Self::Keep => None,
            Self::Set(value) => Some(value.map(to)),
        }
    }

    pub(super) fn change(self) -> Option<Option<T>> {
        self.map(|value| value)
    }
}
