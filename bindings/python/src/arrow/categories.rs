//! Rows that wait for a category as a table, and categories read from one.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Int64Type, UInt8Type};
use finance_core::{
    AssignedCategory, CategoryAnswer, CategoryClaim, CategoryClaimId, CategoryQuestion, CategoryScope,
    MoneyDirection, TransactionId,
};
use pyo3::prelude::*;

use super::books::Kept;
use super::columns::{Batch, Selection, columns};
use super::import::Imported;
use super::stream::ArrowStream;
use super::{AsyncEngine, DECIMALS, Engine};
use crate::engine::Shared;
use crate::errors::Failure;
use crate::operations::whole;
use crate::values::{Instant, User};

columns! {
    QuestionTable of &CategoryQuestion as it {
        "transaction" [Number] = it.transaction.number(),
        "user" [Word] = it.user.as_str(),
        "text" [Text] = &*it.text,
        "original_text" [Text optional] = it.original_text.as_deref(),
        "merchant_name" [Word optional] = it.merchant_name.as_deref(),
        "merchant_id" [Word optional] = it.merchant_id.as_deref(),
        "merchant_category_code" [Word optional] = it.merchant_category_code.as_deref(),
        "amount" [Amount] = it.amount.amount(),
        "currency" [Word] = it.amount.currency().code(),
        "direction" [Word] = direction(it.direction),
        "account_kind" [Word] = it.account_kind.name(),
        "date" [Day] = it.date,
        "provider_category" [Word optional] =
            it.provider_category.as_ref().map(|category| category.detailed.as_str()),
    }
}

const fn direction(direction: MoneyDirection) -> &'static str {
    match direction {
        MoneyDirection::In => "in",
        MoneyDirection::Out => "out",
    }
}

/// Rows that belong to one worker until an instant, as a table.
#[pyclass(frozen, module = "finance_tracker")]
pub(crate) struct CategoryClaimTable {
    claim: CategoryClaimId,
    until: Instant,
    questions: Py<ArrowStream>,
}

#[pymethods]
impl CategoryClaimTable {
    /// The identifier of the claim, for `apply_categories_arrow`.
    #[getter]
    const fn id(&self) -> u64 {
        self.claim.number()
    }

    /// Until when nobody else gets the rows.
    #[getter]
    fn until(&self) -> Instant {
        self.until
    }

    /// The rows, in one batch: `transaction`, `user`, `text`, `original_text`, `merchant_name`, `merchant_id`,
    /// `merchant_category_code`, `amount`, `currency`, `direction`, `account_kind`, `date`, `provider_category`.
    #[getter]
    fn questions(&self, py: Python<'_>) -> Py<ArrowStream> {
        self.questions.clone_ref(py)
    }

    fn __repr__(&self) -> String {
        format!("CategoryClaimTable(id={})", self.claim)
    }
}

fn whose(user: Option<User>) -> CategoryScope {
    user.map_or(CategoryScope::AllUsers, |user| CategoryScope::User(user.0))
}

fn as_table(shared: &Shared, claim: Option<CategoryClaim>) -> Result<Option<CategoryClaimTable>, Failure> {
    let Some(claim) = claim else { return Ok(None) };
    let mut batch = Batch::new(Selection::new(QuestionTable::COLUMNS, None, DECIMALS)?);
    claim.questions.iter().for_each(|question| QuestionTable::add(&mut batch, question));
    let stream = ArrowStream::new(shared, Kept(batch.finish()?));
    let questions = Python::attach(|py| Py::new(py, stream))?;
    Ok(Some(CategoryClaimTable { claim: claim.id, until: claim.until.into(), questions }))
}

/// The answers in a table: its columns `transaction` and `category`, and `confidence` and `source` where it has them.
fn answers(table: &Imported, source: Option<&str>) -> Result<Vec<CategoryAnswer>, Failure> {
    let mut answers = Vec::new();
    for batch in &table.batches {
        let rows = required(batch, "transaction", &DataType::Int64)?;
        let categories = required(batch, "category", &DataType::Utf8)?;
        let confidences = column(batch, "confidence", &DataType::UInt8)?;
        let sources = column(batch, "source", &DataType::Utf8)?;
        let (rows, categories) = (rows.as_primitive::<Int64Type>(), categories.as_string::<i32>());
        let confidences = confidences.as_ref().map(|column| column.as_primitive::<UInt8Type>());
        let sources = sources.as_ref().map(|column| column.as_string::<i32>());
        for place in 0..batch.num_rows() {
            // A row without a category is one without an answer.
            if categories.is_null(place) {
                continue;
            }
            if rows.is_null(place) {
                return Err(Failure::invalid("a category is of no transaction: that column is null"));
            }
            let own = sources.filter(|sources| sources.is_valid(place)).map(|sources| sources.value(place));
            let source = own.or(source).ok_or_else(|| {
                Failure::invalid(
                    "nobody says who assigned a category: give `source`, or a column of that name",
                )
            })?;
            let confidence =
                confidences.filter(|points| points.is_valid(place)).map(|points| points.value(place));
            let assigned = AssignedCategory {
                category: categories.value(place).to_owned(),
                confidence,
                source: source.to_owned(),
            };
            answers.push(CategoryAnswer { transaction: TransactionId::new(rows.value(place)), assigned });
        }
    }
    Ok(answers)
}

fn required(
    batch: &RecordBatch,
    name: &str,
    wanted: &DataType,
) -> Result<std::sync::Arc<dyn Array>, Failure> {
    column(batch, name, wanted)?.ok_or_else(|| Failure::invalid(format!("the table has no column {name:?}")))
}

/// A column as one of this type: whole numbers from whole numbers, texts from texts.
fn column(
    batch: &RecordBatch,
    name: &str,
    wanted: &DataType,
) -> Result<Option<std::sync::Arc<dyn Array>>, Failure> {
    let Some(column) = batch.column_by_name(name) else { return Ok(None) };
    let given = match column.data_type() {
        DataType::Dictionary(_, values) => values,
        given => given,
    };
    let fits = match given {
        DataType::Null => true,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => *wanted == DataType::Utf8,
        given => given.is_integer() && wanted.is_integer(),
    };
    let unfit = |why: String| Failure::invalid(format!("the column {name:?} is no {wanted}: {why}"));
    if !fits {
        return Err(unfit(format!("it is {given}")));
    }
    let exactly = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(column, wanted, &exactly).map(Some).map_err(|error| unfit(error.to_string()))
}

macro_rules! claims {
    ($engine:ty, $($asynchronous:ident)?, |$shared:ident, $py:ident, $work:ident| $run:expr) => {
        #[pymethods]
        impl $engine {
            /// Like `claim_uncategorised`, with the rows as an Arrow table; `None` when no row waits.
            ///
            /// `user` is whose rows, or `None` for those of all users.
            #[pyo3(signature = (user, *, limit = 500))]
            $($asynchronous)? fn claim_uncategorised_arrow(
                &self,
                user: Option<User>,
                limit: i64,
            ) -> Result<Option<CategoryClaimTable>, Failure> {
                let $shared = self.0.clone();
                let shared = $shared.clone();
                let $work = async move {
                    let claim = shared.engine.claim_uncategorised(&whose(user), whole("limit", limit)?).await?;
                    as_table(&shared, claim)
                };
                $run
            }

            /// Writes answers of a claim down, read from an Arrow table, and says how many rows have another category than before. The
            /// user's own choice always wins.
            ///
            /// `answers` is anything that hands out Arrow (`__arrow_c_stream__`): a table of pyarrow, a frame of polars or pandas, a
            /// relation of DuckDB. It has the columns `transaction` (whole numbers) and `category` (texts); and, if it likes, `confidence`
            /// (whole numbers from 0 to 100) and `source` (who assigned the category, where that is not `source`). A row whose category is
            /// null has no answer; such rows are not asked about again. The table is read before the call returns or is awaited.
            ///
            /// Raises `InvalidInputError` when a column is missing or of another type, and for a row that is none of the claim's or is
            /// answered twice; `StoreError` when the claim does not hold any more. Nothing is changed then.
            #[pyo3(signature = (user, claim, answers, *, source = None))]
            $($asynchronous)? fn apply_categories_arrow(
                &self,
                user: Option<User>,
                claim: u64,
                answers: Imported,
                source: Option<String>,
            ) -> Result<u64, Failure> {
                let $shared = self.0.clone();
                let shared = $shared.clone();
                let $work = async move {
                    let answers = self::answers(&answers, source.as_deref())?;
                    Ok(shared.engine.apply_categories(&whose(user), CategoryClaimId::new(claim), answers).await?)
                };
                $run
            }
        }
    };
}
claims!(AsyncEngine, async, |shared, _py, work| shared.work.run(work).await);
claims!(Engine, , |shared, py, work| Python::attach(|py| shared.work.block_on(py, work)));
