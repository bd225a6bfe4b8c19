//! Accounts, balances over time, and rows that may be one, as tables.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use finance_core::{
    Account, AccountId, AccountStatus, BalanceEntry, DateWindow, DuplicatePair, HolderCategory, SyncEngine,
    UserId,
};
use futures::FutureExt;
use futures::future::BoxFuture;

use super::columns::{Batch, Selection, columns};
use super::stream::{Batches, Source};
use crate::errors::Failure;

columns! {
    AccountTable of &Account as it {
        "id" [Number] = it.id.number(),
        "connection" [Number] = it.connection.number(),
        "name" [Text] = it.provider.name.as_str(),
        "official_name" [Text optional] = it.provider.official_name.as_deref(),
        "mask" [Text optional] = it.provider.mask.as_deref(),
        "kind" [Word] = it.classification().kind.name(),
        "provider_type" [Word] = it.provider.provider_type.as_str(),
        "provider_subtype" [Word optional] = it.provider.provider_subtype.as_deref(),
        "holder" [Word optional] = it.provider.holder.as_ref().map(holder),
        "current" [Amount optional] = it.provider.balances.current,
        "available" [Amount optional] = it.provider.balances.available,
        "limit" [Amount optional] = it.provider.balances.limit,
        "currency" [Word optional] = it.provider.balances.currency.as_ref().map(|currency| currency.code()),
        "updated_at" [Instant optional] = it.provider.balances.updated_at,
        "balances_at" [Instant] = it.balances_at,
        "status" [Word] = status(it.status),
        "imported_id" [Text] = it.provider.id.as_str(),
        "persistent_id" [Text optional] = it.provider.persistent_id.as_deref(),
    }
}

fn holder(holder: &HolderCategory) -> &str {
    match holder {
        HolderCategory::Personal => "personal",
        HolderCategory::Business => "business",
        HolderCategory::Other(word) => word,
        _ => "other",
    }
}

const fn status(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Open => "open",
        AccountStatus::Gone => "gone",
        _ => "other",
    }
}

columns! {
    BalanceTable of &BalanceEntry as it {
        "account" [Number] = it.account.number(),
        "at" [Instant] = it.at,
        "current" [Amount optional] = it.balances.current,
        "available" [Amount optional] = it.balances.available,
        "limit" [Amount optional] = it.balances.limit,
        "currency" [Word optional] = it.balances.currency.as_ref().map(|currency| currency.code()),
        "updated_at" [Instant optional] = it.balances.updated_at,
        "source" [Word] = it.source.name(),
    }
}

/// A pair of an account's rows, with the reasons in words.
pub(crate) struct PairOf {
    account: AccountId,
    pair: DuplicatePair,
    reasons: String,
}

impl PairOf {
    fn new(account: AccountId, pair: DuplicatePair) -> Self {
        let reasons: Vec<String> = pair.reasons.iter().map(ToString::to_string).collect();
        Self { account, reasons: reasons.join("; "), pair }
    }
}

columns! {
    DuplicateTable of &PairOf as it {
        "account" [Number] = it.account.number(),
        "keep" [Number] = it.pair.keep.number(),
        "drop" [Number] = it.pair.drop.number(),
        "score" [Points] = it.pair.score,
        "reasons" [Text] = it.reasons.as_str(),
    }
}

/// What is read account by account.
#[derive(Clone, Copy)]
pub(crate) enum Topic {
    Accounts,
    Balances(DateWindow),
    Duplicates,
}

/// A table of the user's accounts, or of these.
#[derive(Clone)]
pub(crate) struct OfAccounts {
    pub(crate) user: UserId,
    pub(crate) accounts: Vec<AccountId>,
    pub(crate) topic: Topic,
    pub(crate) selection: Selection,
    pub(crate) batch_rows: usize,
}

impl OfAccounts {
    async fn give(self, engine: SyncEngine, batches: Batches) -> Result<(), Failure> {
        let own = engine.accounts(&self.user).await?;
        if let Some(stranger) = self.accounts.iter().find(|id| own.iter().all(|account| account.id != **id)) {
            // It says that there is no such account.
            engine.balance_history(&self.user, *stranger, DateWindow::default(), 0).await?;
        }
        let chosen = |account: &&Account| self.accounts.is_empty() || self.accounts.contains(&account.id);
        let mut batch = Batch::new(self.selection.clone());
        for account in own.iter().filter(chosen) {
            match self.topic {
                Topic::Accounts => AccountTable::add(&mut batch, account),
                Topic::Balances(window) => {
                    let history = engine.balance_history(&self.user, account.id, window, u32::MAX).await?;
                    history.iter().for_each(|entry| BalanceTable::add(&mut batch, entry));
                }
                Topic::Duplicates => {
                    let pairs = engine.review_duplicates(&self.user, account.id).await?;
                    let pairs = pairs.into_iter().map(|pair| PairOf::new(account.id, pair));
                    pairs.for_each(|pair| DuplicateTable::add(&mut batch, &pair));
                }
            }
            if batch.rows() >= self.batch_rows {
                let full = std::mem::replace(&mut batch, Batch::new(self.selection.clone()));
                if batches.give(full.finish()?).await.is_err() {
                    return Ok(());
                }
            }
        }
        if batch.rows() > 0 {
            batches.give(batch.finish()?).await.ok();
        }
        Ok(())
    }
}

impl Source for OfAccounts {
    fn schema(&self) -> SchemaRef {
        self.selection.schema()
    }

    fn read(&self, engine: SyncEngine, batches: Batches) -> BoxFuture<'static, Result<(), Failure>> {
        self.clone().give(engine, batches).boxed()
    }
}

/// A table that was read already.
pub(crate) struct Kept(pub(crate) RecordBatch);

impl Source for Kept {
    fn schema(&self) -> SchemaRef {
        self.0.schema()
    }

    fn read(&self, _: SyncEngine, batches: Batches) -> BoxFuture<'static, Result<(), Failure>> {
        let batch = self.0.clone();
        async move {
            batches.give(batch).await.ok();
            Ok(())
        }
        .boxed()
    }
}
