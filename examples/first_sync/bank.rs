//! The bank of the example: a simulator of Plaid, or Plaid's own sandbox.

use std::time::Duration;

use examples::{AnyError, link_request};
use finance_core::{Connection, LinkRequest, LinkToken, PublicToken, SyncEngine, UserId};
use finance_plaid::wire::SandboxPublicToken;
use finance_plaid::{ClientOptions, Credentials, Environment, PlaidProvider};
use plaid_simulator::{Advance, CustomUser, LinkSession, Simulator, SimulatorOptions};

use crate::Arguments;

/// Where the bank is.
pub(crate) enum Bank {
    /// A simulator of Plaid in this process.
    InProcess(Simulator),
    /// A simulator of Plaid in another process.
    Elsewhere(String),
    /// Plaid's own sandbox.
    Sandbox { client_id: String, secret: String },
}

impl Bank {
    pub(crate) async fn open(arguments: &Arguments, stored: Option<&Connection>) -> Result<Self, AnyError> {
        if let Some(url) = &arguments.server {
            return Ok(Self::Elsewhere(url.clone()));
        }
        if let (Ok(client_id), Ok(secret)) = (std::env::var("PLAID_CLIENT_ID"), std::env::var("PLAID_SECRET"))
        {
            return Ok(Self::Sandbox { client_id, secret });
        }
        let mut options = SimulatorOptions::default();
        options.transactions = arguments.transactions;
        options.seed = u64::from(arguments.transactions);
        // The world of an earlier run began on the day of that run.
        options.today = stored.map(|connection| connection.created_at.date_naive());
        if let Some(file) = &arguments.user {
            let text = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
            // Another file is another world, with other ids.
            options.seed = text.iter().fold(0, |seed, byte| seed * 31 % 1_000_000_007 + u64::from(*byte));
            let user = CustomUser::from_json(&text);
            options.user =
                Some(user.map_err(|error| format!("{} is no custom user: {error}", file.display()))?);
        }
        Ok(Self::InProcess(Simulator::start(options).await?))
    }

    pub(crate) fn client_options(&self) -> ClientOptions {
        let simulated = |url: &str| {
            let credentials = Credentials::new("simulated-client", "simulated-secret");
            ClientOptions::new(Environment::Custom(url.to_owned()), credentials)
        };
        match self {
            Self::InProcess(simulator) => simulated(simulator.url()),
            Self::Elsewhere(url) => simulated(url),
            Self::Sandbox { client_id, secret } => {
                ClientOptions::new(Environment::Sandbox, Credentials::new(client_id, secret.as_str()))
            }
        }
    }

    /// Whether its world ends with the process.
    pub(crate) const fn forgets(&self) -> bool {
        matches!(self, Self::InProcess(_))
    }

    /// How often a run lets the world move on.
    pub(crate) const fn moves(&self, arguments: &Arguments) -> usize {
        match self {
            Self::InProcess(_) if arguments.user.is_none() || arguments.live => 2,
            Self::Sandbox { .. } if arguments.user.is_none() => 1,
            _ => 0,
        }
    }

    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::InProcess(_) => "a simulator of Plaid in this process",
            Self::Elsewhere(_) => "a simulator of Plaid in another process",
            Self::Sandbox { .. } => "Plaid's own sandbox",
        }
    }

    /// Lets the world move on and says how.
    pub(crate) async fn move_on(&self, engine: &SyncEngine, user: &UserId) -> Result<String, AnyError> {
        match self {
            Self::InProcess(simulator) => {
                let today = simulator.control().advance(&Advance { days: 5, seed: 7, item: None })?;
                Ok(format!("Five days pass at the bank; it is {today} there."))
            }
            Self::Elsewhere(_) => Ok("The world of a server elsewhere is its own master.".to_owned()),
            Self::Sandbox { .. } => {
                for connection in engine.connections(user).await? {
                    engine.refresh_transactions(user, connection.id).await?;
                }
                tokio::time::sleep(Duration::from_secs(15)).await;
                Ok("The sandbox was asked to look at the bank again.".to_owned())
            }
        }
    }

    /// Does what a user does in the link dialogue.
    pub(crate) async fn user_signs_in(
        &self,
        arguments: &Arguments,
        provider: &PlaidProvider,
        link_token: &LinkToken,
    ) -> Result<LinkRequest, AnyError> {
        let Self::InProcess(simulator) = self else {
            // Without the dialogue there is no metadata, so no duplicate could be found before the exchange.
            return Ok(LinkRequest::new(sandbox_public_token(arguments, provider).await?));
        };
        let session = LinkSession { link_token: link_token.expose().to_owned(), ..LinkSession::default() };
        link_request(simulator.control().link_session(session)?)
    }
}

/// The sandbox's stand-in for a finished dialogue.
async fn sandbox_public_token(
    arguments: &Arguments,
    provider: &PlaidProvider,
) -> Result<PublicToken, AnyError> {
    let mut wanted = SandboxPublicToken::new("ins_109508");
    match &arguments.user {
        None if arguments.server.is_none() => wanted.username = Some("user_transactions_dynamic".to_owned()),
        None => {}
        Some(file) => {
            wanted.username = Some("user_custom".to_owned());
            let text =
                std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
            wanted.password = Some(text);
        }
    }
    Ok(provider.client().sandbox_public_token_create(&wanted).await?.public_token)
}
