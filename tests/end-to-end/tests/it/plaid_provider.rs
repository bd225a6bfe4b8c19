//! The conformance suite of the provider's port, over the real client and the simulator.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use finance_core::conformance::{BankChange, BankNews, ProviderFixture};
use finance_core::*;
use finance_plaid::{ClientOptions, Credentials, Environment, PlaidOptions, PlaidProvider, RetryPolicy};
use plaid_simulator::{
    Change, Control, FireWebhook, LinkSession, ModifyTransaction, NewAccount, NewTransaction, Readiness,
    ReadinessPlan, Simulator, SimulatorOptions,
};
use serde_json::json;

/// Where nobody listens: webhooks are taken from the simulator's own records.
const NOWHERE: &str = "http://127.0.0.1:9/";

struct SimulatedPlaid {
    simulator: Simulator,
    provider: Arc<PlaidProvider>,
    /// Public tokens and the simulator's own names of their connections.
    sign_ins: std::sync::Mutex<Vec<(String, String)>>,
}

impl SimulatedPlaid {
    fn control(&self) -> Control {
        self.simulator.control()
    }

    async fn finish_hosted_link(&self) {
        let user = UserId::new("anna").unwrap();
        let mut request = LinkTokenRequest::new(user, "Test");
        request.dialogue.webhook = Some(NOWHERE.to_owned());
        request.dialogue.hosted = Some(HostedLink::default());
        let link = self.provider.create_link_token(&request).await.unwrap();
        let session = LinkSession { link_token: link.token.expose().to_owned(), ..LinkSession::default() };
        self.control().link_session(session).unwrap();
    }

    fn item(&self, public_token: &PublicToken) -> String {
        let sign_ins = self.sign_ins.lock().unwrap();
        sign_ins.iter().find(|(token, _)| token == public_token.expose()).unwrap().1.clone()
    }
}

/// Plaid's sign is the other one.
fn flipped(amount: rust_decimal::Decimal) -> rust_decimal::Decimal {
    if amount.is_zero() { amount } else { -amount }
}

fn new_account(account: &ProviderAccount) -> Change {
    let owed = account.classification().kind.class() == AccountClass::Liability;
    let balances = &account.balances;
    Change::OpenAccount(NewAccount {
        kind: account.provider_type.clone(),
        subtype: account.provider_subtype.clone(),
        name: account.name.clone(),
        mask: account.mask.clone(),
        currency: balances.currency.as_ref().map(|currency| currency.code().to_owned()),
        current: balances.current.map(|current| if owed { flipped(current) } else { current }),
        available: balances.available,
        limit: balances.limit,
    })
}

fn new_transaction(row: &ProviderTransaction, account: &str) -> Change {
    Change::AddTransaction(NewTransaction {
        account: account.to_owned(),
        amount: flipped(row.amount.amount()),
        name: row.description.to_string(),
        date: Some(row.date),
        pending: row.pending,
        pending_transaction_id: row.pending_id.as_ref().map(ToString::to_string),
        currency: Some(row.amount.currency().code().to_owned()),
        keep_balance: true,
        ..NewTransaction::default()
    })
}

#[async_trait]
impl ProviderFixture for SimulatedPlaid {
    async fn create() -> Self {
        let mut options = SimulatorOptions::default();
        options.accounts = 0;
        options.transactions = 0;
        options.mutation_fails_paging = true;
        options.webhook_tries = 1;
        options.webhook_retry_delay = Duration::ZERO;
        options.readiness = ReadinessPlan::ByCommand;
        let simulator = Simulator::start(options).await.unwrap();
        let credentials = Credentials::new("test-client", "test-secret-not-real");
        let mut client = ClientOptions::new(Environment::Custom(simulator.url().to_owned()), credentials);
        client.retry = RetryPolicy { attempts: 2, base: Duration::from_millis(1), ..RetryPolicy::default() };
        let provider = Arc::new(PlaidProvider::new(client, PlaidOptions::default()).unwrap());
        Self { simulator, provider, sign_ins: std::sync::Mutex::default() }
    }

    fn provider(&self) -> Arc<dyn BankProvider> {
        self.provider.clone()
    }

    async fn sign_in(
        &self,
        accounts: Vec<ProviderAccount>,
        rows: Vec<ProviderTransaction>,
        ready: bool,
    ) -> PublicToken {
        let user = UserId::new("anna").unwrap();
        let link = self
            .provider
            .create_link_token(&LinkTokenRequest {
                dialogue: LinkDialogue { webhook: Some(NOWHERE.to_owned()), ..LinkDialogue::new("Test") },
                ..LinkTokenRequest::new(user, "Test")
            })
            .await
            .unwrap();
        let username = format!("user_{}", self.sign_ins.lock().unwrap().len());
        let session = LinkSession {
            link_token: link.token.expose().to_owned(),
            username: Some(username),
            ..LinkSession::default()
        };
        let finished = self.control().link_session(session).unwrap();
        let token = finished.public_token.unwrap();
        let mut changes: Vec<Change> = accounts.iter().map(new_account).collect();
        let name_of = |row: &ProviderTransaction| {
            accounts.iter().find(|account| account.id == row.account).unwrap().name.clone()
        };
        changes.extend(rows.iter().map(|row| new_transaction(row, &name_of(row))));
        if ready {
            changes.push(Change::SetReadiness { readiness: Readiness::HistoricalUpdateComplete });
        }
        self.control().change(&finished.item_id, changes).unwrap();
        self.sign_ins.lock().unwrap().push((token.clone(), finished.item_id));
        PublicToken::new(token)
    }

    async fn change(&self, sign_in: &PublicToken, change: BankChange) {
        let changes = match change {
            BankChange::Add(row) => vec![new_transaction(&row, row.account.as_str())],
            BankChange::Modify(row) => vec![Change::ModifyTransaction(ModifyTransaction {
                transaction_id: row.id.to_string(),
                amount: Some(flipped(row.amount.amount())),
                date: Some(row.date),
                name: Some(row.description.to_string()),
                pending: Some(row.pending),
                keep_balance: true,
                ..ModifyTransaction::default()
            })],
            BankChange::Remove(id) => {
                vec![Change::RemoveTransaction { transaction_id: id.to_string(), keep_balance: true }]
            }
            BankChange::SetAccounts(accounts) => {
                let open = self.control().truth_accounts(&self.item(sign_in)).unwrap();
                let open = open.into_iter().filter(|account| !account.closed);
                let close = open.map(|account| Change::CloseAccount { account: account.account_id });
                close.chain(accounts.iter().map(new_account)).collect()
            }
            BankChange::BreakSignIn => {
                vec![Change::BreakLogin { error_code: "ITEM_LOGIN_REQUIRED".to_owned() }]
            }
            BankChange::HealSignIn => vec![Change::HealLogin],
            BankChange::BecomeReady => {
                vec![Change::SetReadiness { readiness: Readiness::HistoricalUpdateComplete }]
            }
        };
        self.control().change(&self.item(sign_in), changes).unwrap();
    }

    async fn webhook(&self, sign_in: &PublicToken, news: BankNews) -> Option<WebhookDelivery> {
        let control = self.control();
        let item = self.item(sign_in);
        let fire = |kind: &str, code: &str, extra: serde_json::Value| {
            let extra = extra.as_object().cloned().unwrap_or_default();
            let fire = FireWebhook { webhook_type: kind.to_owned(), webhook_code: code.to_owned(), extra };
            control.fire_webhook(&item, fire).unwrap();
        };
        let at = |at: chrono::DateTime<chrono::Utc>| json!(at.to_rfc3339());
        match news {
            BankNews::TransactionsReady => fire("TRANSACTIONS", "SYNC_UPDATES_AVAILABLE", json!({})),
            BankNews::AccountsChanged => fire("HOLDINGS", "DEFAULT_UPDATE", json!({})),
            BankNews::ConnectionBroken => {
                let error = json!({"error_type": "ITEM_ERROR", "error_code": "ITEM_LOGIN_REQUIRED"});
                fire("ITEM", "ERROR", json!({ "error": error }));
            }
            BankNews::ConnectionRepaired => fire("ITEM", "LOGIN_REPAIRED", json!({})),
            BankNews::ConsentEndsSoon(end) => {
                fire("ITEM", "PENDING_EXPIRATION", json!({"consent_expiration_time": at(end)}));
            }
            BankNews::DisconnectsSoon(end) => {
                fire("ITEM", "PENDING_DISCONNECT", json!({"disconnect_time": at(end)}));
            }
            BankNews::AccessRevoked => fire("ITEM", "USER_PERMISSION_REVOKED", json!({})),
            BankNews::AccountRevoked(account) => {
                fire("ITEM", "USER_ACCOUNT_REVOKED", json!({"account_id": account.as_str()}));
            }
            BankNews::NewAccounts => fire("ITEM", "NEW_ACCOUNTS_AVAILABLE", json!({})),
            BankNews::Unheard => fire("WEATHER", "STORM_AHEAD", json!({"status": {"wind": 12}})),
            BankNews::LinkFinished => self.finish_hosted_link().await,
        }
        control.webhooks_settled().await;
        let sent = control.deliveries().pop().unwrap();
        Some(WebhookDelivery {
            headers: vec![("Plaid-Verification".to_owned(), sent.verification)],
            body: serde_json::to_vec_pretty(&sent.body).unwrap(),
            received_at: chrono::Utc::now(),
        })
    }

    fn institution(&self) -> InstitutionId {
        InstitutionId::new("ins_109508").unwrap()
    }
}

finance_core::provider_conformance_tests!(SimulatedPlaid);
