//! The server: from a request to an answer.

mod accounts;
mod answer;
mod body;
mod credentials;
pub(crate) mod keys;
mod link;
mod listen;
mod pipeline;
mod sandbox;
pub(crate) mod shape;
mod transactions;

pub(crate) use listen::{CutConnection, serve};
pub(crate) use pipeline::handle;
pub(crate) use sandbox::notice;

macro_rules! endpoints {
    ($($name:ident $path:literal)*) => {
        /// An endpoint of Plaid's that this server answers.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Endpoint { $($name),* }

        impl Endpoint {
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            pub(crate) fn path(self) -> &'static str {
                match self { $(Self::$name => $path),* }
            }
        }
    };
}

endpoints! {
    LinkTokenCreate "/link/token/create"
    ItemPublicTokenExchange "/item/public_token/exchange"
    ItemGet "/item/get"
    ItemRemove "/item/remove"
    ItemWebhookUpdate "/item/webhook/update"
    ItemAccessTokenInvalidate "/item/access_token/invalidate"
    AccountsGet "/accounts/get"
    AccountsBalanceGet "/accounts/balance/get"
    TransactionsSync "/transactions/sync"
    TransactionsGet "/transactions/get"
    TransactionsRefresh "/transactions/refresh"
    InstitutionsGetById "/institutions/get_by_id"
    WebhookVerificationKeyGet "/webhook_verification_key/get"
    SandboxPublicTokenCreate "/sandbox/public_token/create"
    SandboxItemResetLogin "/sandbox/item/reset_login"
    SandboxItemFireWebhook "/sandbox/item/fire_webhook"
    SandboxTransactionsCreate "/sandbox/transactions/create"
}

impl Endpoint {
    pub(crate) fn find(path: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|endpoint| endpoint.path() == path)
    }
}
