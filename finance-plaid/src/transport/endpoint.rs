use super::rate_limit::PerMinute;

/// An endpoint of Plaid that this library calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// `/link/token/create`
    LinkTokenCreate,
    /// `/item/public_token/exchange`
    PublicTokenExchange,
    /// `/item/get`
    ItemGet,
    /// `/item/remove`
    ItemRemove,
    /// `/item/webhook/update`
    ItemWebhookUpdate,
    /// `/item/access_token/invalidate`
    AccessTokenInvalidate,
    /// `/accounts/get`
    AccountsGet,
    /// `/accounts/balance/get`
    AccountsBalanceGet,
    /// `/transactions/sync`
    TransactionsSync,
    /// `/transactions/get`
    TransactionsGet,
    /// `/transactions/refresh`
    TransactionsRefresh,
    /// `/institutions/get_by_id`
    InstitutionsGetById,
    /// `/webhook_verification_key/get`
    WebhookVerificationKeyGet,
    /// `/sandbox/public_token/create`
    SandboxPublicTokenCreate,
    /// `/sandbox/item/reset_login`
    SandboxItemResetLogin,
    /// `/sandbox/item/fire_webhook`
    SandboxItemFireWebhook,
    /// `/sandbox/transactions/create`
    SandboxTransactionsCreate,
}

/// When a failed call may be made again, given what the first one may have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Always: it changes nothing, or nothing more the second time, or leaves a token that ends unused.
    Freely,
    /// Once Plaid has answered with an error, or was not reached. After a lost answer it may already have
    /// been paid for or have had its effect.
    AfterAnswer,
    /// Only when Plaid surely did nothing: it was not reached, or refused by a rate limit.
    IfNothingDone,
}

/// How long an answer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Plaid answers from its own data.
    Ordinary,
    /// Plaid asks the bank meanwhile.
    Live,
}

/// What is fixed about an endpoint. The limits are Plaid's published defaults.
pub(crate) struct Spec {
    pub(crate) path: &'static str,
    pub(crate) repeat: Repeat,
    pub(crate) patience: Patience,
    pub(crate) production: PerMinute,
    pub(crate) sandbox: PerMinute,
}

impl Endpoint {
    /// Every endpoint, in the order of declaration.
    pub const ALL: [Self; 17] = [
        Self::LinkTokenCreate,
        Self::PublicTokenExchange,
        Self::ItemGet,
        Self::ItemRemove,
        Self::ItemWebhookUpdate,
        Self::AccessTokenInvalidate,
        Self::AccountsGet,
        Self::AccountsBalanceGet,
        Self::TransactionsSync,
        Self::TransactionsGet,
        Self::TransactionsRefresh,
        Self::InstitutionsGetById,
        Self::WebhookVerificationKeyGet,
        Self::SandboxPublicTokenCreate,
        Self::SandboxItemResetLogin,
        Self::SandboxItemFireWebhook,
        Self::SandboxTransactionsCreate,
    ];

    /// The path, beginning with a slash.
    pub const fn path(self) -> &'static str {
        self.spec().path
    }

    pub(crate) const fn spec(self) -> Spec {
        use Patience::{Live, Ordinary};
        use Repeat::{AfterAnswer, Freely, IfNothingDone};
        match self {
            Self::LinkTokenCreate => unlimited("/link/token/create", Freely),
            Self::PublicTokenExchange => unlimited("/item/public_token/exchange", IfNothingDone),
            Self::ItemGet => limited("/item/get", Freely, Ordinary, (15, 5_000), (40, 5_000)),
            Self::ItemRemove => limited("/item/remove", Freely, Ordinary, (30, 2_000), (100, 500)),
            Self::ItemWebhookUpdate => unlimited("/item/webhook/update", Freely),
            Self::AccessTokenInvalidate => unlimited("/item/access_token/invalidate", IfNothingDone),
            Self::AccountsGet => limited("/accounts/get", Freely, Ordinary, (15, 15_000), (100, 5_000)),
            Self::AccountsBalanceGet => {
                limited("/accounts/balance/get", AfterAnswer, Live, (5, 1_200), (25, 100))
            }
            Self::TransactionsSync => {
                limited("/transactions/sync", Freely, Ordinary, (50, 2_500), (50, 1_000))
            }
            Self::TransactionsGet => {
                limited("/transactions/get", Freely, Ordinary, (30, 20_000), (80, 1_000))
            }
            Self::TransactionsRefresh => {
                limited("/transactions/refresh", AfterAnswer, Live, (2, 100), (2, 100))
            }
            Self::InstitutionsGetById => {
                limited("/institutions/get_by_id", Freely, Ordinary, (0, 400), (0, 400))
            }
            Self::WebhookVerificationKeyGet => unlimited("/webhook_verification_key/get", Freely),
            Self::SandboxPublicTokenCreate => unlimited("/sandbox/public_token/create", Freely),
            Self::SandboxItemResetLogin => unlimited("/sandbox/item/reset_login", Freely),
            Self::SandboxItemFireWebhook => unlimited("/sandbox/item/fire_webhook", AfterAnswer),
            Self::SandboxTransactionsCreate => {
                limited("/sandbox/transactions/create", IfNothingDone, Live, (0, 0), (2, 50))
            }
        }
    }
}

const fn unlimited(path: &'static str, repeat: Repeat) -> Spec {
    limited(path, repeat, Patience::Ordinary, (0, 0), (0, 0))
}

const fn limited(
    path: &'static str,
    repeat: Repeat,
    patience: Patience,
    production: (u32, u32),
    sandbox: (u32, u32),
) -> Spec {
    Spec {
        path,
        repeat,
        patience,
        production: PerMinute::new(production.0, production.1),
        sandbox: PerMinute::new(sandbox.0, sandbox.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_must_not_happen_twice_are_not_repeated_freely() {
        for endpoint in Endpoint::ALL {
            let expected = match endpoint.path() {
                "/item/public_token/exchange"
                | "/item/access_token/invalidate"
                | "/sandbox/transactions/create" => Repeat::IfNothingDone,
                "/accounts/balance/get" | "/transactions/refresh" | "/sandbox/item/fire_webhook" => {
                    Repeat::AfterAnswer
                }
                _ => Repeat::Freely,
            };
            assert_eq!(endpoint.spec().repeat, expected, "{endpoint:?}");
        }
    }
}
