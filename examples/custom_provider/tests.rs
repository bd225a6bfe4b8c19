//! The suite that every provider passes, and how it plays the bank and its customers.

use std::sync::Arc;

use async_trait::async_trait;
use finance_core::conformance::{BankChange, BankNews, ProviderFixture};
use finance_core::{
    BankProvider, Currency, InstitutionId, ProviderAccount, ProviderTransaction, PublicToken, WebhookDelivery,
};

use crate::bank::{BankAccount, BankRow, Direction, FolderBank, Line, SignIn};
use crate::provider::{FolderProvider, INSTITUTION};

/// A bank in a folder that ends with the test.
struct FolderFixture {
    bank: FolderBank,
    _folder: tempfile::TempDir,
}

impl FolderFixture {
    fn of(&self, token: &PublicToken) -> SignIn {
        let sign_ins = self.bank.sign_ins().unwrap();
        sign_ins.into_iter().find(|one| one.public_token == token.expose()).unwrap()
    }
}

finance_core::provider_conformance_tests!(FolderFixture);

#[async_trait]
impl ProviderFixture for FolderFixture {
    async fn create() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { bank: FolderBank::new(folder.path()), _folder: folder }
    }

    fn provider(&self) -> Arc<dyn BankProvider> {
        Arc::new(FolderProvider::new(self.bank.clone()))
    }

    async fn sign_in(
        &self,
        accounts: Vec<ProviderAccount>,
        rows: Vec<ProviderTransaction>,
        ready: bool,
    ) -> PublicToken {
        let accounts: Vec<BankAccount> = accounts.iter().map(bank_account).collect();
        let rows: Vec<BankRow> = rows.iter().map(bank_row).collect();
        let mut sign_in = self.bank.sign_in(&accounts, &rows).unwrap();
        sign_in.ready = ready;
        self.bank.save(&sign_in).unwrap();
        sign_in.public_token()
    }

    async fn change(&self, token: &PublicToken, change: BankChange) {
        let mut sign_in = self.of(token);
        match change {
            BankChange::Add(row) => self.bank.write(&sign_in.id, &Line::Added(bank_row(&row))).unwrap(),
            BankChange::Modify(row) => self.bank.write(&sign_in.id, &Line::Modified(bank_row(&row))).unwrap(),
            BankChange::Remove(id) => self.bank.write(&sign_in.id, &Line::Removed(id.to_string())).unwrap(),
            BankChange::SetAccounts(accounts) => {
                let accounts: Vec<BankAccount> = accounts.iter().map(bank_account).collect();
                self.bank.write_accounts(&sign_in.id, &accounts).unwrap();
            }
            BankChange::BreakSignIn => sign_in.must_sign_in_again = true,
            BankChange::HealSignIn => sign_in.must_sign_in_again = false,
            BankChange::BecomeReady => sign_in.ready = true,
        }
        self.bank.save(&sign_in).unwrap();
    }

    async fn webhook(&self, _token: &PublicToken, _news: BankNews) -> Option<WebhookDelivery> {
        None
    }

    fn institution(&self) -> InstitutionId {
        InstitutionId::new(INSTITUTION).unwrap()
    }
}

fn code(currency: &Currency) -> String {
    let mark = if currency.is_iso() { "" } else { "*" };
    format!("{mark}{}", currency.code())
}

fn bank_account(account: &ProviderAccount) -> BankAccount {
    let text = |amount: Option<rust_decimal::Decimal>| amount.map(|amount| amount.to_string());
    let (owed, owned) = match account.balances.current {
        Some(current) if current.is_sign_negative() => (Some(-current), None),
        current => (None, current),
    };
    BankAccount {
        number: account.id.to_string(),
        name: account.name.clone(),
        kind: Some(account.provider_type.clone()),
        subkind: account.provider_subtype.clone(),
        owned: text(owned),
        owed: text(owed),
        available: text(account.balances.available),
        limit: text(account.balances.limit),
        currency: account.balances.currency.as_ref().map(code),
    }
}

fn bank_row(row: &ProviderTransaction) -> BankRow {
    let amount = row.amount.amount();
    BankRow {
        id: row.id.to_string(),
        account: row.account.to_string(),
        amount: amount.abs().to_string(),
        direction: if amount.is_sign_negative() { Direction::Out } else { Direction::In },
        currency: code(row.amount.currency()),
        day: row.date.to_string(),
        text: row.description.to_string(),
        pending: row.pending,
        replaces: row.pending_id.as_ref().map(ToString::to_string),
    }
}
