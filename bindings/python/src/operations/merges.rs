//! Merging a bank that was linked twice, ending connections, forgetting users.

use finance_core::{
    AccountAnswer, AccountId, ConnectionId, ForgetOptions, LocalRecords, MergeAnswers, MergeOptions,
    RemovalOptions, RowAnswer, TransactionId,
};
use pyo3::prelude::*;

use super::operations;
use crate::records::{Count, ErasureReceipt, MergePlan, MergeReport, Removal, record_counts};
use crate::values::{Many, User};

/// What a person said: of a newer account which older one it is (`None`: none of them), and of a newer row which older one.
fn answers(accounts: Vec<(i64, Option<i64>)>, rows: Vec<(i64, i64)>) -> MergeAnswers {
    let account = |(new, old): (i64, Option<i64>)| AccountAnswer {
        new: AccountId::new(new),
        old: old.map(AccountId::new),
    };
    let row = |(new, old)| RowAnswer { new: TransactionId::new(new), old: TransactionId::new(old) };
    MergeAnswers {
        accounts: accounts.into_iter().map(account).collect(),
        rows: rows.into_iter().map(row).collect(),
    }
}

operations! {
    /// Says what a merge of two connections to one bank would do, and changes no rows.
    ///
    /// `account_answers` are pairs of a newer account and the older one it is, `None` for none of them; `row_answers` are pairs of a newer row
    /// and the older one it is.
    #[pyo3(signature = (user, source, target, *, account_answers = Many(Vec::new()), row_answers = Many(Vec::new())))]
    fn plan_merge(
        engine,
        user: User,
        source: i64,
        target: i64,
        account_answers: Many<(i64, Option<i64>)>,
        row_answers: Many<(i64, i64)>,
    ) -> MergePlan {
        let answers = answers(account_answers.0, row_answers.0);
        let (from, into) = (ConnectionId::new(source), ConnectionId::new(target));
        Ok(engine.plan_merge(&user.0, from, into, &answers).await?.into())
    }

    /// Merges the older connection `source` into the newer one `target`; history and edits are kept.
    #[pyo3(signature = (user, source, target, *, account_answers = Many(Vec::new()), row_answers = Many(Vec::new()), even_if_the_provider_fails = false, reason = None))]
    fn merge_connections(
        engine,
        user: User,
        source: i64,
        target: i64,
        account_answers: Many<(i64, Option<i64>)>,
        row_answers: Many<(i64, i64)>,
        even_if_the_provider_fails: bool,
        reason: Option<String>,
    ) -> MergeReport {
        let answers = answers(account_answers.0, row_answers.0);
        let options = MergeOptions { answers, even_if_the_provider_fails, reason };
        let (from, into) = (ConnectionId::new(source), ConnectionId::new(target));
        Ok(engine.merge_connections(&user.0, from, into, &options).await?.into())
    }

    /// Ends a connection, at the provider too. `erase` also erases its accounts and rows; otherwise they stay and are not synced.
    #[pyo3(signature = (user, connection, *, erase = false, even_if_the_provider_fails = false, reason = None))]
    fn remove_connection(
        engine,
        user: User,
        connection: i64,
        erase: bool,
        even_if_the_provider_fails: bool,
        reason: Option<String>,
    ) -> Removal {
        let local = if erase { LocalRecords::Erase } else { LocalRecords::Keep };
        let options = RemovalOptions { local, even_if_the_provider_fails, reason };
        Ok(engine.remove_connection(&user.0, ConnectionId::new(connection), &options).await?.into())
    }

    /// Erases everything of a user, and ends their connections first. The receipt proves it.
    #[pyo3(signature = (user, *, even_if_the_provider_fails = false))]
    fn forget_user(engine, user: User, even_if_the_provider_fails: bool) -> ErasureReceipt {
        let options = ForgetOptions { even_if_the_provider_fails };
        Ok(engine.forget_user(&user.0, &options).await?.into())
    }

    /// How many records of each kind there are of a user.
    #[pyo3(signature = (user))]
    fn records(engine, user: User) -> Many<Count> {
        Ok(record_counts(&engine.records(&user.0).await?))
    }
}
