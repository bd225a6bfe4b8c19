//! Runnable examples, one file each beside this folder. Start with `first_sync`.
//!
//! | Run | What it shows |
//! | --- | --- |
//! | `cargo run --example first_sync` | links a bank, syncs it into SQLite, lets the bank's world move on, syncs again |
//! | `cargo run --example reconcile` | compares an account with its bank, explains the difference, accepts an explanation, undoes it, verifies the audit trail |
//! | `cargo run --example webhooks` | receives signed webhooks over HTTP, syncs what they make due, follows the events, refuses forged and old ones |
//! | `cargo run --example scheduler` | two workers in processes of their own on one SQLite file; one is killed, the other takes over, and nothing is doubled |
//! | `cargo run --example categorise` | a model that gives rows their categories, a correction that is remembered, and the model as a separate worker |
//! | `cargo run --example custom_provider` | a bank provider of one's own, over files in a folder; its tests run the suite that every provider passes |
//! | `cargo run --example custom_store` | a store of one's own, around another one; its tests run the suite that every store passes |
//! | `cargo run --release --example judge -- dedup < in.jsonl` | the judgements, one JSON case a line in, one answer a line out; its head has every key |

use std::error::Error;
use std::sync::Arc;

use finance_core::{
    InstitutionId, InstitutionRef, LinkOptions, LinkRequest, LinkedAccount, PublicToken, SyncEngine, UserId,
};
use finance_plaid::{ClientOptions, Credentials, Environment, PlaidOptions, PlaidProvider};
use plaid_simulator::{Control, LinkResult, LinkSession, Simulator, SimulatorOptions};

/// Any error of an example.
pub type AnyError = Box<dyn Error + Send + Sync>;

/// A simulator of Plaid in this process, for examples that need a bank.
#[derive(Debug)]
pub struct SimulatedBank {
    simulator: Simulator,
}

impl SimulatedBank {
    /// A bank whose users have so many transactions.
    ///
    /// # Errors
    /// When no port is to be had.
    pub async fn start(transactions: u32) -> Result<Self, AnyError> {
        let mut options = SimulatorOptions::default();
        options.transactions = transactions;
        Self::with(options).await
    }

    /// A bank as it is wanted.
    ///
    /// # Errors
    /// When no port is to be had, or the options contradict themselves.
    pub async fn with(options: SimulatorOptions) -> Result<Self, AnyError> {
        Ok(Self { simulator: Simulator::start(options).await? })
    }

    /// The levers that change the bank's world.
    pub fn control(&self) -> Control {
        self.simulator.control()
    }

    /// Plaid as a provider, over HTTP to this simulator.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub fn provider(&self) -> Result<Arc<PlaidProvider>, AnyError> {
        plaid_at(self.url())
    }

    /// Where the simulator is, for other processes.
    pub fn url(&self) -> &str {
        self.simulator.url()
    }

    /// Does what a user does in the link dialogue, and returns what an application makes of its success callback, and the
    /// simulator's own name of the connection.
    ///
    /// # Errors
    /// When the engine cannot open the dialogue.
    pub async fn sign_in(
        &self,
        engine: &SyncEngine,
        user: &UserId,
    ) -> Result<(LinkRequest, String), AnyError> {
        let link = engine.create_link_token(user, &LinkOptions::new("Example")).await?;
        let session = LinkSession { link_token: link.token.expose().to_owned(), ..LinkSession::default() };
        let result = self.control().link_session(session)?;
        let item = result.item_id.clone();
        Ok((link_request(result)?, item))
    }
}

/// Plaid as a provider, over HTTP to a simulator.
///
/// # Errors
/// When the client cannot be made.
pub fn plaid_at(url: &str) -> Result<Arc<PlaidProvider>, AnyError> {
    let credentials = Credentials::new("simulated-client", "simulated-secret");
    let options = ClientOptions::new(Environment::Custom(url.to_owned()), credentials);
    Ok(Arc::new(PlaidProvider::new(options, PlaidOptions::default())?))
}

/// What an application makes of the dialogue's success callback.
///
/// # Errors
/// When the dialogue gave no public token.
pub fn link_request(result: LinkResult) -> Result<LinkRequest, AnyError> {
    let institution = InstitutionRef {
        id: InstitutionId::new(result.metadata.institution.institution_id)?,
        name: Some(result.metadata.institution.name),
    };
    let accounts = result.metadata.accounts.into_iter().map(|account| LinkedAccount {
        name: Some(account.name),
        mask: account.mask,
        provider_type: Some(account.kind),
        provider_subtype: account.subtype,
        persistent_id: None,
    });
    let token = PublicToken::new(result.public_token.ok_or("the dialogue gave no public token")?);
    Ok(LinkRequest {
        institution: Some(institution),
        accounts: accounts.collect(),
        ..LinkRequest::new(token)
    })
}
