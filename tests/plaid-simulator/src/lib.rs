//! A stateful server that speaks the JSON of Plaid (version 2020-09-14), for tests and examples.
//!
//! It listens on 127.0.0.1, keeps items, accounts and transactions that follow from a seed or from a file in
//! Plaid's custom-user format, and lets a test decide what happens next. Plaid's own client libraries work
//! against it unchanged: give them [`Simulator::url`] as the host. Nothing here depends on the engine it tests.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use plaid_simulator::{Advance, NewConnection, Simulator, SimulatorOptions};
//!
//! let simulator = Simulator::start(SimulatorOptions::default()).await?;
//! let connection = simulator.control().connect(NewConnection::default())?;
//! // Call /transactions/sync at simulator.url() with connection.access_token, then let ten days pass:
//! simulator.control().advance(&Advance { days: 10, seed: 1, item: None })?;
//! // ... sync again, and compare with what a perfect ledger holds now:
//! let truth = simulator.control().truth(&connection.item_id)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Endpoints
//!
//! `/link/token/create`, `/item/public_token/exchange`, `/item/get`, `/item/remove`, `/item/webhook/update`,
//! `/item/access_token/invalidate`, `/accounts/get`, `/accounts/balance/get`, `/transactions/sync`,
//! `/transactions/get`, `/transactions/refresh`, `/institutions/get_by_id`, `/webhook_verification_key/get`,
//! `/sandbox/public_token/create`, `/sandbox/item/reset_login`, `/sandbox/item/fire_webhook`,
//! `/sandbox/transactions/create`. A key Plaid's schema does not know is refused with `UNKNOWN_FIELDS`.
//!
//! # Control over HTTP
//!
//! Every method of [`Control`] has a route, for child processes and other languages. `{id}` is an item id or an
//! access token. Bodies and answers are JSON; faults of use are answered with 400 or 404 and `{"error": ...}`.
//!
//! | Route below `/_simulator` | Body | Answer | Method |
//! | --- | --- | --- | --- |
//! | `GET /today` | | `today` | [`Control::today`] |
//! | `GET /connections` | | `connections`: list of [`Connection`] | [`Control::connections`] |
//! | `POST /connections` | [`NewConnection`], all optional | [`Connection`] | [`Control::connect`] |
//! | `GET /connections/{id}` | | [`Connection`] | [`Control::connection`] |
//! | `POST /connections/{id}/relink` | | [`Connection`] | [`Control::relink`] |
//! | `POST /connections/{id}/changes` | `changes`: list of [`Change`]; `silent`: no webhooks | `outcomes`: list of [`Outcome`] | [`Control::change`] |
//! | `GET /connections/{id}/truth` | | [`Truth`], streamed | [`Control::truth`] |
//! | `GET /connections/{id}/summary` | | `accounts`: list of [`TruthAccount`] | [`Control::truth_accounts`] |
//! | `POST /connections/{id}/webhooks` | [`FireWebhook`] | | [`Control::fire_webhook`] |
//! | `POST /advance` | [`Advance`] | `today` | [`Control::advance`] |
//! | `POST /link_session` | [`LinkSession`] | [`LinkResult`] | [`Control::link_session`] |
//! | `POST /faults` | `faults`: list of [`FaultRule`] | | [`Control::add_fault`] |
//! | `GET /faults`, `DELETE /faults` | | `faults` | [`Control::faults`], [`Control::clear_faults`] |
//! | `GET /journal?endpoint=`, `DELETE /journal` | | `requests`: list of [`JournalEntry`] | [`Control::journal`] |
//! | `GET /webhooks` | | `deliveries`: list of [`Delivery`], once all are settled | [`Control::deliveries`] |
//! | `GET /webhooks/keys`, `POST /webhooks/keys` | | `key_id` | [`Control::key_id`], [`Control::rotate_key`] |
//! | `POST /webhooks/clock` | `ahead_seconds` | | [`Control::set_webhook_clock`] |
//!
//! ```json
//! {"changes": [
//!   {"add_transaction": {"account": "Plaid Checking", "amount": 4.50, "name": "Coffee", "pending": true}},
//!   {"post_pending": {"transaction_id": "...", "amount": "5.40", "order": "added_first", "split_pages": true}},
//!   {"modify_transaction": {"transaction_id": "...", "fields": {"merchant_name": "Blue Bottle"}}},
//!   {"set_balance": {"account": "0000", "current": 12.30, "available": null}},
//!   {"break_login": {"error_code": "ITEM_LOGIN_REQUIRED"}}, "heal_login"
//! ]}
//! ```
//!
//! # Decisions where Plaid's behaviour is open
//!
//! - An update is what happened between its first page and the cursor it began with. A change made while pages are
//!   being read belongs to the next update, or fails the paging if [`SimulatorOptions::mutation_fails_paging`] is set.
//! - A row occurs once in an update, at the place of its last change. A row that came and went in between is not told.
//! - A cursor survives `/item/access_token/invalidate`. A malformed one is answered like one of another item.
//! - Transactions are served for depository, credit and every loan account, not for investment and other ones.
//! - Connections of one login share its accounts and transactions; ids, status and readiness are each one's own.
//! - A relinked, or otherwise first, update of a login does not tell the rows of its closed accounts.
//! - Rows are spread over the days of the options whatever `days_requested` says.

mod amount;
mod control;
mod error;
mod fault;
mod journal;
mod json;
mod options;
mod rate;
mod respond;
mod server;
mod shared;
mod simulator;
mod webhook;
mod world;

pub use amount::Patch;
pub use control::{
    Advance, Change, Connection, Control, ControlError, FieldOverrides, FireWebhook, LinkAccount,
    LinkInstitution, LinkMetadata, LinkResult, LinkSession, ModifyTransaction, NewAccount, NewConnection,
    NewTransaction, Outcome, PostPending, Truth, TruthAccount, TruthTransaction,
};
pub use error::error_codes;
pub use fault::{Fault, FaultRule};
pub use journal::JournalEntry;
pub use options::{
    ArgumentError, Arguments, NewInstitution, PostingOrder, Readiness, ReadinessPlan, SimulatorOptions,
};
pub use simulator::{Simulator, StartError};
pub use webhook::Delivery;
pub use world::custom_user::{CustomUser, CustomUserError};
