//! Values that cross between Rust and Python: exact amounts, days, texts, tuples, users.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate, SubsecRound, TimeDelta, Utc};
use finance_core::{Currency, SyncFrequency};
use pyo3::conversion::FromPyObjectOwned;
use pyo3::exceptions::PyTypeError;
#[cfg(feature = "stubs")]
use pyo3::inspect::{PyStaticConstant, PyStaticExpr};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDate, PyDateTime, PyInt, PyString, PyTuple};
use pyo3::{IntoPyObjectExt, intern};
#[cfg(feature = "stubs")]
use pyo3::{type_hint_identifier, type_hint_subscript, type_hint_union};
use rust_decimal::Decimal;

use crate::errors::Failure;

/// Implements both ways into Python for a type that is cheap to clone.
macro_rules! into_python {
    ($type:ty, $hint:expr, |$value:ident, $py:ident| $into:expr) => {
        impl<'py> IntoPyObject<'py> for &$type {
            type Target = PyAny;
            type Output = Bound<'py, PyAny>;
            type Error = PyErr;
            #[cfg(feature = "stubs")]
            const OUTPUT_TYPE: pyo3::inspect::PyStaticExpr = $hint;

            fn into_pyobject(self, $py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                let $value = self;
                $into
            }
        }

        impl<'py> IntoPyObject<'py> for $type {
            type Target = PyAny;
            type Output = Bound<'py, PyAny>;
            type Error = PyErr;
            #[cfg(feature = "stubs")]
            const OUTPUT_TYPE: pyo3::inspect::PyStaticExpr = $hint;

            fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                (&self).into_pyobject(py)
            }
        }
    };
}
pub(crate) use into_python;

/// An exact decimal number: `decimal.Decimal`, and on the way in an `int` as well.
///
/// Floats, bools, texts and numbers that do not fit into 28 digits are refused; nothing is rounded.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Amount(pub(crate) Decimal);

into_python!(Amount, type_hint_identifier!("decimal", "Decimal"), |amount, py| {
    amount.0.into_bound_py_any(py)
});

impl<'a, 'py> FromPyObject<'a, 'py> for Amount {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_union!(
        type_hint_identifier!("decimal", "Decimal"),
        type_hint_identifier!("builtins", "int")
    );

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let py = value.py();
        let decimal = py.import(intern!(py, "decimal"))?.getattr(intern!(py, "Decimal"))?;
        let int = py.get_type::<PyInt>();
        let is_int = value.is_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>();
        if !is_int && !value.is_instance(&decimal)? {
            let name = value.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "an amount is a decimal.Decimal or an int, not a {name}: money is exact"
            )));
        }
        // Whatever a subclass would have shown.
        let text = if is_int {
            int.call_method1(intern!(py, "__repr__"), (value,))
        } else {
            decimal.call_method1(intern!(py, "__str__"), (value,))
        };
        let text = text?.to_string();
        Ok(Self(finance_core::parse_amount(&text).map_err(Failure::invalid)?))
    }
}

impl From<Decimal> for Amount {
    fn from(amount: Decimal) -> Self {
        Self(amount)
    }
}

impl From<Amount> for Decimal {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

/// A currency by its ISO 4217 code, or by a provider's own; or none.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct MaybeCurrency(Option<Currency>);

into_python!(MaybeCurrency, <Option<String> as IntoPyObject>::OUTPUT_TYPE, |currency, py| {
    currency.0.as_ref().map(Currency::code).into_bound_py_any(py)
});

impl<'a, 'py> FromPyObject<'a, 'py> for MaybeCurrency {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = <Option<String> as FromPyObject>::INPUT_TYPE;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let code = value.extract::<Option<&str>>()?;
        Ok(Self(code.map(crate::operations::currency).transpose()?))
    }
}

impl From<Option<Currency>> for MaybeCurrency {
    fn from(currency: Option<Currency>) -> Self {
        Self(currency)
    }
}

impl From<MaybeCurrency> for Option<Currency> {
    fn from(currency: MaybeCurrency) -> Self {
        currency.0
    }
}

/// A calendar day: `datetime.date`. A `datetime` is refused, since it names an instant.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Day(pub(crate) NaiveDate);

into_python!(Day, type_hint_identifier!("finance_tracker.values", "Day"), |day, py| day
    .0
    .into_bound_py_any(py));

impl<'a, 'py> FromPyObject<'a, 'py> for Day {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("finance_tracker.values", "Day");

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if value.is_instance_of::<PyDateTime>() || !value.is_instance_of::<PyDate>() {
            let name = value.get_type().name()?;
            return Err(PyTypeError::new_err(format!("a day is a datetime.date, not a {name}")));
        }
        value.extract().map(Self)
    }
}

/// A point in time: `datetime.datetime` in UTC. Any zone is taken, none is refused; Python counts microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Instant(pub(crate) DateTime<Utc>);

into_python!(Instant, type_hint_identifier!("finance_tracker.values", "Instant"), |at, py| at
    .0
    .into_bound_py_any(py));

impl From<DateTime<Utc>> for Instant {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.trunc_subsecs(6))
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Instant {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("finance_tracker.values", "Instant");

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let at: DateTime<FixedOffset> = value.extract()?;
        Ok(at.to_utc().into())
    }
}

/// A setting that is a whole number: any of Python's here, so that whoever makes the engine's own of it can say which one does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Setting(i128);

into_python!(Setting, type_hint_identifier!("builtins", "int"), |setting, py| setting
    .0
    .into_bound_py_any(py));

impl<'a, 'py> FromPyObject<'a, 'py> for Setting {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = <i128 as FromPyObject>::INPUT_TYPE;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        value.extract().map(Self)
    }
}

macro_rules! settings {
    ($($number:ty),*) => {$(
        impl From<$number> for Setting {
            fn from(number: $number) -> Self {
                Self(i128::try_from(number).unwrap_or(i128::MAX))
            }
        }

        impl TryFrom<Setting> for $number {
            type Error = Failure;

            fn try_from(Setting(number): Setting) -> Result<Self, Failure> {
                Self::try_from(number).map_err(|_| Failure::invalid(format!("it cannot be {number}")))
            }
        }
    )*};
}
settings!(u8, u16, u32, u64, usize);

/// A length of time: `datetime.timedelta`, which counts microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Span(pub(crate) Duration);

into_python!(Span, type_hint_identifier!("datetime", "timedelta"), |span, py| span.0.into_bound_py_any(py));

impl From<Duration> for Span {
    fn from(span: Duration) -> Self {
        Self(Duration::new(span.as_secs(), span.subsec_micros() * 1_000))
    }
}

impl From<TimeDelta> for Span {
    fn from(span: TimeDelta) -> Self {
        span.to_std().unwrap_or_default().into()
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        span.0
    }
}

impl From<Span> for TimeDelta {
    fn from(span: Span) -> Self {
        Self::from_std(span.0).unwrap_or(Self::MAX)
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Span {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("datetime", "timedelta");

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let span: TimeDelta = value.extract()?;
        let span = span.to_std().map_err(|_| Failure::invalid("a length of time is not negative"))?;
        Ok(span.into())
    }
}

/// How often a connection is synced: a word such as `daily` or `every_6_hours`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Frequency(pub(crate) SyncFrequency);

into_python!(Frequency, type_hint_identifier!("builtins", "str"), |frequency, py| {
    frequency.0.to_string().into_bound_py_any(py)
});

impl From<SyncFrequency> for Frequency {
    fn from(frequency: SyncFrequency) -> Self {
        Self(frequency)
    }
}

impl From<Frequency> for SyncFrequency {
    fn from(frequency: Frequency) -> Self {
        frequency.0
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Frequency {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "str");

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(value.extract::<&str>()?.parse().map_err(Failure::invalid)?))
    }
}

/// A text that many records share.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Text(pub(crate) Arc<str>);

into_python!(Text, type_hint_identifier!("builtins", "str"), |text, py| {
    Ok(PyString::new(py, &text.0).into_any())
});

impl<'a, 'py> FromPyObject<'a, 'py> for Text {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "str");

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(value.extract::<&str>()?.into()))
    }
}

impl From<Arc<str>> for Text {
    fn from(text: Arc<str>) -> Self {
        Self(text)
    }
}

/// The user an operation acts for: a text that is not empty.
#[derive(Clone)]
pub(crate) struct User(pub(crate) finance_core::UserId);

impl<'a, 'py> FromPyObject<'a, 'py> for User {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "str");

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let text = value.extract::<&str>()?;
        Ok(Self(finance_core::UserId::new(text).map_err(Failure::invalid)?))
    }
}

/// Many values in a fixed order: a `tuple` in Python, and any sequence on the way in.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Many<T>(pub(crate) Vec<T>);

impl<T> Many<T> {
    pub(crate) fn of<C: Into<T>>(values: impl IntoIterator<Item = C>) -> Self {
        Self(values.into_iter().map(Into::into).collect())
    }
}

impl<'py, T: IntoPyObject<'py>> IntoPyObject<'py> for Many<T> {
    type Target = PyTuple;
    type Output = Bound<'py, PyTuple>;
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const OUTPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("builtins", "tuple"),
        T::OUTPUT_TYPE,
        PyStaticExpr::Constant { value: PyStaticConstant::Ellipsis }
    );

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let items: PyResult<Vec<_>> = self.0.into_iter().map(|item| item.into_bound_py_any(py)).collect();
        PyTuple::new(py, items?)
    }
}

impl<'a, 'py, T: FromPyObjectOwned<'py>> FromPyObject<'a, 'py> for Many<T> {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr =
        type_hint_subscript!(type_hint_identifier!("collections.abc", "Sequence"), T::INPUT_TYPE);

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if value.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err(
                "several values are expected, such as a list of them, not a text",
            ));
        }
        value.extract().map(Self)
    }
}

/// Bytes as they are: `bytes`, or a `bytearray` on the way in. A text is refused, since it may be written in several ways.
#[derive(Clone)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl<'a, 'py> FromPyObject<'a, 'py> for Bytes {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_union!(
        type_hint_identifier!("builtins", "bytes"),
        type_hint_identifier!("builtins", "bytearray")
    );

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if value.is_instance_of::<PyBytes>() || value.is_instance_of::<PyByteArray>() {
            return value.extract().map(Self);
        }
        let name = value.get_type().name()?;
        Err(PyTypeError::new_err(format!("bytes are bytes or a bytearray, not a {name}")))
    }
}

/// What an operation returns that has nothing to tell: `None`.
pub(crate) struct Nothing;

into_python!(Nothing, PyStaticExpr::Constant { value: PyStaticConstant::None }, |_nothing, py| {
    Ok(py.None().into_bound(py))
});
