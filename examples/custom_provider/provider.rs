//! The provider: reads the bank's files and translates them into the library's terms and signs.

use std::error::Error;
use std::sync::LazyLock;

use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use finance_core::{
    AccessToken, BalanceRequest, Balances, BankProvider, Currency, Cursor, ExchangedConnection,
    HistoryStatus, Institution, InstitutionId, InstitutionRef, LinkMode, LinkSession, LinkToken,
    LinkTokenRequest, Money, PageRequest, PaymentChannel, ProviderAccount, ProviderAccountId,
    ProviderConnection, ProviderConnectionId, ProviderError, ProviderErrorKind, ProviderFault, ProviderName,
    ProviderTransaction, ProviderTransactionId, ProviderWebhook, PublicToken, RemovedTransaction, UpdatePage,
    WebhookDelivery, WebhookError, WebhookErrorKind, parse_amount,
};

use crate::bank::{BankAccount, BankRow, Direction, FolderBank, Line, SignIn};

static FOLDER: LazyLock<ProviderName> =
    LazyLock::new(|| ProviderName::new("folder").expect("the name is not empty"));

/// The one institution behind this provider.
pub(crate) const INSTITUTION: &str = "folder-bank";

/// A provider over a [`FolderBank`]. Its files are small, so it reads them where it stands; one over a network would await.
#[derive(Debug)]
pub(crate) struct FolderProvider {
    bank: FolderBank,
}

impl FolderProvider {
    pub(crate) fn new(bank: FolderBank) -> Self {
        Self { bank }
    }

    fn by_token(&self, token: &AccessToken) -> Result<SignIn, ProviderError> {
        let sign_ins = self.bank.sign_ins().map_err(unreadable)?;
        let found = sign_ins.into_iter().find(|one| one.access_token.as_deref() == Some(token.expose()));
        found.ok_or_else(|| {
            ProviderError::new(
                ProviderErrorKind::LinkAgain,
                "no sign-in has this access token",
                "This bank is no longer connected. Please connect it again.",
            )
        })
    }

    /// The sign-in, unless the customer must act first.
    fn by_token_if_sound(&self, token: &AccessToken) -> Result<SignIn, ProviderError> {
        let sign_in = self.by_token(token)?;
        match fault(&sign_in) {
            None => Ok(sign_in),
            Some(ProviderFault { kind, user_message, .. }) => {
                Err(ProviderError::new(kind, "the customer must sign in again", user_message))
            }
        }
    }

    /// A token nobody can guess would come from a generator of random numbers; this one only must be another one each time.
    fn fresh_token(sign_in: &SignIn) -> String {
        let number = |token: &str| token.rsplit('-').next()?.parse::<u32>().ok();
        let old = sign_in.access_token.as_deref().and_then(number).unwrap_or_default();
        format!("access-{}-{}", sign_in.id, old + 1)
    }
}

fn fault(sign_in: &SignIn) -> Option<ProviderFault> {
    sign_in.must_sign_in_again.then(|| ProviderFault {
        kind: ProviderErrorKind::SignInAgain,
        code: None,
        user_message: "Please sign in to your bank again.".to_owned(),
    })
}

/// Whatever cannot be read or understood: nothing of it is used.
fn unreadable(error: impl Into<Box<dyn Error + Send + Sync>>) -> ProviderError {
    let message = "a file of the bank cannot be read";
    let user_message = "Your bank's data could not be read. Please try again later.";
    ProviderError::new(ProviderErrorKind::InvalidAnswer, message, user_message).with_source(error)
}

fn institution() -> Result<InstitutionRef, ProviderError> {
    let id = InstitutionId::new(INSTITUTION).map_err(unreadable)?;
    Ok(InstitutionRef { id, name: Some("Folder Bank".to_owned()) })
}

#[async_trait]
impl BankProvider for FolderProvider {
    fn name(&self) -> ProviderName {
        FOLDER.clone()
    }

    async fn create_link_token(&self, request: &LinkTokenRequest) -> Result<LinkSession, ProviderError> {
        if let LinkMode::Update { access_token, .. } = &request.mode {
            self.by_token(access_token)?;
        }
        let expires_at = Utc::now() + TimeDelta::hours(1);
        let token = LinkToken::new(format!("link-{}-{}", request.user, expires_at.timestamp()));
        Ok(LinkSession { token, expires_at, hosted_url: None })
    }

    async fn exchange_public_token(&self, token: &PublicToken) -> Result<ExchangedConnection, ProviderError> {
        let sign_ins = self.bank.sign_ins().map_err(unreadable)?;
        let unused = |one: &SignIn| one.public_token == token.expose() && one.access_token.is_none();
        let mut sign_in = sign_ins.into_iter().find(unused).ok_or_else(|| {
            let message = "no sign-in has this public token, or it was exchanged before";
            let user_message = "That took too long. Please connect your bank again.";
            ProviderError::new(ProviderErrorKind::LinkAgain, message, user_message)
        })?;
        let access_token = Self::fresh_token(&sign_in);
        sign_in.access_token = Some(access_token.clone());
        self.bank.save(&sign_in).map_err(unreadable)?;
        let id = ProviderConnectionId::new(sign_in.id).map_err(unreadable)?;
        Ok(ExchangedConnection { id, access_token: AccessToken::new(access_token) })
    }

    async fn connection(&self, token: &AccessToken) -> Result<ProviderConnection, ProviderError> {
        let sign_in = self.by_token(token)?;
        Ok(ProviderConnection {
            fault: fault(&sign_in),
            id: ProviderConnectionId::new(sign_in.id).map_err(unreadable)?,
            institution: Some(institution()?),
            consent_expires_at: None,
            transactions_updated_at: None,
            transactions_failed_at: None,
        })
    }

    async fn remove_connection(&self, token: &AccessToken) -> Result<(), ProviderError> {
        match self.by_token(token) {
            Ok(sign_in) => self.bank.forget(&sign_in.id).map_err(unreadable),
            // It was ended before.
            Err(error) if error.kind() == ProviderErrorKind::LinkAgain => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn rotate_access_token(&self, token: &AccessToken) -> Result<AccessToken, ProviderError> {
        let mut sign_in = self.by_token(token)?;
        let fresh = Self::fresh_token(&sign_in);
        sign_in.access_token = Some(fresh.clone());
        self.bank.save(&sign_in).map_err(unreadable)?;
        Ok(AccessToken::new(fresh))
    }

    async fn accounts(&self, token: &AccessToken) -> Result<Vec<ProviderAccount>, ProviderError> {
        let sign_in = self.by_token_if_sound(token)?;
        self.bank.accounts(&sign_in.id).map_err(unreadable)?.iter().map(account).collect()
    }

    async fn live_balances(
        &self,
        token: &AccessToken,
        request: &BalanceRequest,
    ) -> Result<Vec<ProviderAccount>, ProviderError> {
        let mut accounts = self.accounts(token).await?;
        if let Some(unknown) =
            request.accounts.iter().find(|asked| !accounts.iter().any(|one| one.id == **asked))
        {
            return Err(ProviderError::new(
                ProviderErrorKind::UnknownAccount,
                format!("the bank has no account {unknown}"),
                "One of your accounts is no longer at this bank.",
            ));
        }
        accounts.retain(|one| request.accounts.is_empty() || request.accounts.contains(&one.id));
        Ok(accounts)
    }

    async fn transactions_page(
        &self,
        token: &AccessToken,
        request: &PageRequest,
    ) -> Result<UpdatePage, ProviderError> {
        let sign_in = self.by_token_if_sound(token)?;
        if !sign_in.ready {
            return Ok(UpdatePage { history: Some(HistoryStatus::NotReady), ..UpdatePage::default() });
        }
        let journal = self.bank.journal(&sign_in.id).map_err(unreadable)?;
        let place = Place::read(request.cursor.as_ref(), &sign_in.id, journal.len())?;
        let lines = if place.replays { existing(&journal) } else { journal[..place.journal].to_vec() };
        let end = lines.len().min(place.offset + usize::from(request.count));
        let mut page = UpdatePage {
            accounts: self.accounts(token).await?,
            history: Some(HistoryStatus::Complete),
            has_more: end < lines.len(),
            ..UpdatePage::default()
        };
        page.next_cursor = place.next(&sign_in.id, end, page.has_more);
        for line in &lines[place.offset.min(end)..end] {
            match line {
                Line::Added(row) => page.added.push(transaction(row)?),
                Line::Modified(row) => page.modified.push(transaction(row)?),
                Line::Removed(id) => {
                    let id = ProviderTransactionId::new(id.as_str()).map_err(unreadable)?;
                    page.removed.push(RemovedTransaction { id, account: None });
                }
            }
        }
        Ok(page)
    }

    async fn refresh_transactions(&self, token: &AccessToken) -> Result<(), ProviderError> {
        // The files are as fresh as they get.
        self.by_token_if_sound(token).map(drop)
    }

    async fn institution(
        &self,
        id: &InstitutionId,
        _country_codes: &[String],
    ) -> Result<Institution, ProviderError> {
        let InstitutionRef { id: own, name } = institution()?;
        if *id != own {
            return Err(ProviderError::new(
                ProviderErrorKind::Configuration,
                format!("this provider reaches {INSTITUTION} only"),
                "This bank is not supported.",
            ));
        }
        Ok(Institution {
            id: own,
            name: name.unwrap_or_default(),
            country_codes: vec!["US".to_owned()],
            oauth: false,
            url: None,
        })
    }
    async fn verify_webhook(&self, _delivery: &WebhookDelivery) -> Result<ProviderWebhook, WebhookError> {
        // A folder sends nothing: whatever comes is somebody else's.
        Err(WebhookError::new(WebhookErrorKind::Unsupported, "this provider sends no webhooks"))
    }
}

/// Where an update stands. A cursor names the customer, because a place in another one's journal means nothing.
struct Place {
    /// Whether it lists what exists, rather than what happened.
    replays: bool,
    offset: usize,
    /// How long the journal was when the update began.
    journal: usize,
}

impl Place {
    fn read(cursor: Option<&Cursor>, customer: &str, journal: usize) -> Result<Self, ProviderError> {
        let Some(cursor) = cursor else { return Ok(Self { replays: true, offset: 0, journal }) };
        let refused = |kind, message: &str| {
            ProviderError::new(kind, message, "Your bank's data is read anew from the beginning.")
        };
        let parts: Vec<&str> = cursor.as_str().split('/').collect();
        let foreign = "the cursor is another customer's";
        let (phase, offset, began_at) = match parts[..] {
            [own, phase, offset, began_at] if own == customer => (phase, offset, began_at),
            _ => return Err(refused(ProviderErrorKind::RestartFromEmpty, foreign)),
        };
        let (Ok(offset), Ok(began_at)) = (offset.parse(), began_at.parse::<usize>()) else {
            return Err(refused(ProviderErrorKind::RestartFromEmpty, "the cursor cannot be read"));
        };
        match phase {
            "whole" => Ok(Self { replays: false, offset, journal }),
            _ if began_at != journal => {
                Err(refused(ProviderErrorKind::RestartUpdate, "the journal grew while it was paged"))
            }
            _ => Ok(Self { replays: phase == "replay", offset, journal }),
        }
    }

    fn next(&self, customer: &str, end: usize, has_more: bool) -> Option<Cursor> {
        let journal = self.journal;
        let cursor = match (has_more, self.replays) {
            (false, _) => format!("{customer}/whole/{journal}/{journal}"),
            (true, true) => format!("{customer}/replay/{end}/{journal}"),
            (true, false) => format!("{customer}/journal/{end}/{journal}"),
        };
        Cursor::new(&cursor)
    }
}

/// What exists after everything in the journal happened, as additions.
fn existing(journal: &[Line]) -> Vec<Line> {
    let mut rows: Vec<BankRow> = Vec::new();
    for line in journal {
        match line {
            Line::Added(row) => rows.push(row.clone()),
            Line::Modified(row) => {
                rows.iter_mut().filter(|one| one.id == row.id).for_each(|one| *one = row.clone());
            }
            Line::Removed(id) => rows.retain(|row| row.id != *id),
        }
    }
    rows.into_iter().map(Line::Added).collect()
}

/// An ISO 4217 code, or another one behind a `*`.
fn currency(code: &str) -> Result<Currency, ProviderError> {
    match code.strip_prefix('*') {
        Some(code) => Currency::unofficial(code).map_err(unreadable),
        None => Currency::iso(code).map_err(unreadable),
    }
}

fn account(account: &BankAccount) -> Result<ProviderAccount, ProviderError> {
    let amount = |text: &Option<String>| text.as_deref().map(parse_amount).transpose().map_err(unreadable);
    // What is owed is negative with us.
    let current = amount(&account.owned)?.or(amount(&account.owed)?.map(|owed| -owed));
    Ok(ProviderAccount {
        id: ProviderAccountId::new(account.number.as_str()).map_err(unreadable)?,
        persistent_id: None,
        name: account.name.clone(),
        official_name: None,
        mask: None,
        provider_type: account.kind.clone().unwrap_or_else(|| "depository".to_owned()),
        provider_subtype: account.subkind.clone(),
        holder: None,
        balances: Balances {
            current,
            available: amount(&account.available)?,
            limit: amount(&account.limit)?,
            currency: account.currency.as_deref().map(currency).transpose()?,
            updated_at: None,
        },
    })
}

fn transaction(row: &BankRow) -> Result<ProviderTransaction, ProviderError> {
    let amount = parse_amount(&row.amount).map_err(unreadable)?;
    let amount = match row.direction {
        Direction::In => amount,
        Direction::Out => -amount,
    };
    let id = |text: &str| ProviderTransactionId::new(text).map_err(unreadable);
    Ok(ProviderTransaction {
        id: id(&row.id)?,
        account: ProviderAccountId::new(row.account.as_str()).map_err(unreadable)?,
        amount: Money::new(amount, currency(&row.currency)?),
        date: row.day.parse().map_err(|_| unreadable(format!("`{}` is no day", row.day)))?,
        authorized_date: None,
        datetime: None,
        authorized_datetime: None,
        pending: row.pending,
        pending_id: row.replaces.as_deref().map(id).transpose()?,
        description: row.text.as_str().into(),
        original_description: None,
        merchant_name: None,
        merchant_id: None,
        category: None,
        channel: PaymentChannel::Other,
        code: None,
        check_number: None,
        merchant_category_code: None,
        raw: None,
    })
}
