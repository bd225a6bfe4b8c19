//! How records are made: immutable values with equality, hash, text and pickling, out of one list of fields each.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::values::Many;

/// Makes a frozen Python class whose constructor takes its fields in their order.
///
/// `Name from core::Type as it { field: Type = expression, … }` also says how it comes out of a value of finance-core;
/// without `from` and the expressions there is no such way. `field: Type [default]` is an argument that may be left out.
macro_rules! record {
    (
        $(#[$doc:meta])*
        $name:ident from $core:ty as $it:ident {
            $( $(#[$field_doc:meta])* $field:ident : $type:ty $([$($default:tt)+])? = $value:expr ),* $(,)?
        }
    ) => {
        $crate::record::record! {
            $(#[$doc])*
            $name { $( $(#[$field_doc])* $field: $type $([$($default)+])? ),* }
        }

        impl From<$core> for $name {
            fn from($it: $core) -> Self {
                Self { $( $field: $value ),* }
            }
        }
    };
    (
        $(#[$doc:meta])*
        $name:ident {
            $( $(#[$field_doc:meta])* $field:ident : $type:ty $([$($default:tt)+])? ),* $(,)?
        }
    ) => {
        $(#[$doc])*
        #[pyo3::pyclass(frozen, eq, hash, from_py_object, get_all, module = "finance_tracker")]
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub(crate) struct $name {
            $( $(#[$field_doc])* pub(crate) $field: $type ),*
        }

        impl $name {
            const FIELDS: &[&str] = &[$( stringify!($field) ),*];
        }

        #[pyo3::pymethods]
        impl $name {
            #[new]
            #[pyo3(signature = ($($field $(= $($default)+)?),*))]
            #[allow(clippy::too_many_arguments, reason = "a record has as many fields as it has")]
            fn new($( $field: $type ),*) -> Self {
                Self { $( $field ),* }
            }

            fn __repr__(slf: &pyo3::Bound<'_, Self>) -> pyo3::PyResult<String> {
                #[allow(unused_imports, reason = "a record that hides something says so itself")]
                use $crate::record::Hides as _;
                $crate::record::repr(slf.as_any(), Self::FIELDS, Self::HIDDEN)
            }

            fn __reduce__<'py>(slf: &pyo3::Bound<'py, Self>) -> pyo3::PyResult<$crate::record::Reduced<'py>> {
                $crate::record::reduce(slf.as_any(), Self::FIELDS)
            }
        }
    };
}
pub(crate) use record;

/// A class and the arguments that make the same record again: what `pickle` keeps.
pub(crate) type Reduced<'py> = (Bound<'py, PyType>, Many<Bound<'py, PyAny>>);

/// Which fields the text of a record leaves out, as they may hold secrets: none, unless the record has a `HIDDEN` of its own.
pub(crate) trait Hides {
    const HIDDEN: &'static [&'static str] = &[];
}

impl<T> Hides for T {}

/// The record as the call that makes it.
pub(crate) fn repr(record: &Bound<'_, PyAny>, fields: &[&str], hidden: &[&str]) -> PyResult<String> {
    let text = |field: &&str| match record.getattr(*field)? {
        value if hidden.contains(field) && !value.is_none() => Ok(format!("{field}=<hidden>")),
        value => Ok(format!("{field}={}", value.repr()?)),
    };
    let fields: PyResult<Vec<String>> = fields.iter().map(text).collect();
    Ok(format!("{}({})", record.get_type().name()?, fields?.join(", ")))
}

pub(crate) fn reduce<'py>(record: &Bound<'py, PyAny>, fields: &[&str]) -> PyResult<Reduced<'py>> {
    let values: PyResult<Vec<_>> = fields.iter().map(|field| record.getattr(*field)).collect();
    Ok((record.get_type(), Many(values?)))
}
