//! The operations of the engine, by topic. Each stands once and becomes a coroutine of `AsyncEngine` and a method of `Engine`.

mod arguments;
mod audit;
mod books;
mod categories;
mod edits;
mod events;
mod imports;
mod links;
mod manual;
mod merges;
mod reconciliations;
mod schedules;
mod status;
mod syncs;

pub(crate) use arguments::{chosen, currency, selected, whole, window};

/// Makes a method of both engines out of each operation: its arguments as Python gives them, what it returns, and how it asks the engine.
macro_rules! operations {
    ($(
        $(#[$meta:meta])*
        fn $name:ident($engine:ident $(, $argument:ident : $type:ty)* $(,)?) -> $answer:ty $body:block
    )*) => {
        #[pyo3::pymethods]
        #[allow(clippy::too_many_arguments, reason = "Python names them")]
        impl crate::engine::AsyncEngine {
            $(
                $(#[$meta])*
                async fn $name(&self $(, $argument: $type)*) -> Result<$answer, crate::errors::Failure> {
                    let $engine = self.0.engine.clone();
                    self.0.work.run(async move { $body }).await
                }
            )*
        }

        #[pyo3::pymethods]
        #[allow(clippy::too_many_arguments, reason = "Python names them")]
        impl crate::engine::Engine {
            $(
                $(#[$meta])*
                fn $name(
                    &self,
                    py: pyo3::Python<'_>
                    $(, $argument: $type)*
                ) -> Result<$answer, crate::errors::Failure> {
                    let $engine = self.0.engine.clone();
                    self.0.work.block_on(py, async move { $body })
                }
            )*
        }
    };
}
pub(crate) use operations;
