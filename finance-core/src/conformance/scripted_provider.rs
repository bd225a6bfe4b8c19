//! A provider in memory whose bank does what a test tells it to.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Barrier, watch};

use super::provider::{BankChange, BankNews, ProviderFixture};
use super::{samples, scripted_webhook};
use crate::*;

/// A provider in memory. Its bank changes only on command, and calls fail only on command.
///
/// As the conformance suite's own subject it also shows what the port means: a few hundred lines that keep every
/// promise of [`BankProvider`].
#[derive(Debug, Default)]
pub struct ScriptedProvider {
    bank: Mutex<Bank>,
    meeting: Mutex<Option<Arc<Barrier>>>,
    /// Whether pages are kept back.
    held: watch::Sender<bool>,
}

/// A call of the port, to say which one is to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScriptedCall {
    /// [`BankProvider::create_link_token`].
    CreateLinkToken,
    /// [`BankProvider::exchange_public_token`].
    Exchange,
    /// [`BankProvider::connection`].
    Connection,
    /// [`BankProvider::remove_connection`].
    RemoveConnection,
    /// [`BankProvider::accounts`].
    Accounts,
    /// [`BankProvider::live_balances`].
    LiveBalances,
    /// [`BankProvider::transactions_page`].
    TransactionsPage,
}

#[derive(Debug, Default)]
struct Bank {
    sign_ins: Vec<SignIn>,
    failures: Vec<(ScriptedCall, VecDeque<Option<ProviderErrorKind>>)>,
    calls: Vec<ScriptedCall>,
    link_requests: Vec<LinkTokenRequest>,
    numbers: u64,
    /// The wait that failures name.
    retry_after: Option<Duration>,
    /// Pages that are being asked for, by the token.
    paging: HashMap<String, usize>,
    most_paging: usize,
}

#[derive(Debug)]
struct SignIn {
    id: ProviderConnectionId,
    public_token: String,
    access_token: Option<String>,
    accounts: Vec<ProviderAccount>,
    rows: Vec<ProviderTransaction>,
    /// What happened since the beginning, oldest first.
    log: Vec<Logged>,
    fault: Option<ProviderErrorKind>,
    ready: bool,
    panics: bool,
    word: ScriptedWord,
}

/// What the provider says of a connection itself when it is asked to describe it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptedWord {
    /// When the user's consent ends.
    pub consent_expires_at: Option<DateTime<Utc>>,
    /// A fault that no other call shows.
    pub fault: Option<ProviderErrorKind>,
    /// When the bank last gave transactions.
    pub transactions_updated_at: Option<DateTime<Utc>>,
    /// When the bank last failed to.
    pub transactions_failed_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
enum Logged {
    Added(ProviderTransaction),
    Modified(ProviderTransaction),
    Removed(RemovedTransaction),
}

/// A place in a sign-in's history: a listing of what exists, or the log of what happened after it.
struct Place {
    replaying: bool,
    offset: usize,
    /// How long the log was when the update began.
    log_end: usize,
}

impl ScriptedProvider {
    /// A provider of a bank without users.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the next calls of a kind fail in these ways, in turn; `None` lets one pass.
    pub fn fail(&self, call: ScriptedCall, failures: impl IntoIterator<Item = Option<ProviderErrorKind>>) {
        self.bank().failures.push((call, failures.into_iter().collect()));
    }

    /// How often a call was made, failed ones included.
    pub fn calls(&self, call: ScriptedCall) -> usize {
        self.bank().calls.iter().filter(|made| **made == call).count()
    }

    /// The requests for link tokens, in order.
    pub fn link_requests(&self) -> Vec<LinkTokenRequest> {
        self.bank().link_requests.clone()
    }

    /// What it says of a connection from now on when it is asked to describe it.
    pub fn says(&self, sign_in: &PublicToken, word: ScriptedWord) {
        self.bank().by_public_token(sign_in).word = word;
    }

    /// Lets pages be answered only when so many callers have asked for one, so that they race from there on.
    pub fn meet_at_pages(&self, callers: usize) {
        *self.meeting.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(Barrier::new(callers)));
    }

    /// Keeps pages back from now on: whoever asks for one waits until they are let go again.
    pub fn hold_pages(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// Lets failures name this wait from now on.
    pub fn name_wait(&self, retry_after: Option<Duration>) {
        self.bank().retry_after = retry_after;
    }

    /// Lets every call for the data of a sign-in fail in this way from now on.
    pub fn fail_sign_in(&self, sign_in: &PublicToken, kind: ProviderErrorKind) {
        self.bank().by_public_token(sign_in).fault = Some(kind);
    }

    /// Lets the provider itself panic when it is asked for pages of a sign-in.
    pub fn panic_over(&self, sign_in: &PublicToken) {
        self.bank().by_public_token(sign_in).panics = true;
    }

    /// How many callers asked for pages of one sign-in at the same time, at most.
    pub fn most_paging_one_sign_in(&self) -> usize {
        self.bank().most_paging
    }

    /// How many callers are waiting for pages.
    pub fn paging(&self) -> usize {
        self.bank().paging.values().sum()
    }

    /// A webhook about a sign-in, as it is sent at this instant.
    pub fn webhook_at(
        &self,
        sign_in: &PublicToken,
        news: &BankNews,
        sent_at: DateTime<Utc>,
    ) -> WebhookDelivery {
        let mut bank = self.bank();
        let number = bank.next_number();
        scripted_webhook::signed(&bank.by_public_token(sign_in).id, news, number, sent_at)
    }

    fn bank(&self) -> MutexGuard<'_, Bank> {
        self.bank.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a call and lets it fail if it is to.
    fn called(&self, call: ScriptedCall) -> Result<MutexGuard<'_, Bank>, ProviderError> {
        let mut bank = self.bank();
        bank.calls.push(call);
        let failure = bank.failures.iter_mut().find(|(which, left)| *which == call && !left.is_empty());
        match failure.and_then(|(_, left)| left.pop_front()).flatten() {
            Some(kind) => Err(match bank.retry_after {
                Some(wait) => failure_of(kind).with_retry_after(wait),
                None => failure_of(kind),
            }),
            None => Ok(bank),
        }
    }
}

/// A caller that asks for a page.
struct Paging<'a> {
    provider: &'a ScriptedProvider,
    token: String,
}

impl<'a> Paging<'a> {
    fn begin(provider: &'a ScriptedProvider, token: &AccessToken) -> Self {
        let mut bank = provider.bank();
        let token = token.expose().to_owned();
        let count = bank.paging.entry(token.clone()).or_default();
        *count += 1;
        let count = *count;
        bank.most_paging = bank.most_paging.max(count);
        Self { provider, token }
    }
}

impl Drop for Paging<'_> {
    fn drop(&mut self) {
        if let Some(count) = self.provider.bank().paging.get_mut(&self.token) {
            *count -= 1;
        }
    }
}

const USER_MESSAGE: &str = "Your bank did not answer as hoped.";

fn failure_of(kind: ProviderErrorKind) -> ProviderError {
    ProviderError::new(kind, format!("scripted failure: {}", kind.name()), USER_MESSAGE)
        .with_code(kind.name().to_ascii_uppercase())
}

impl Bank {
    fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn by_token(&mut self, token: &AccessToken) -> Result<&mut SignIn, ProviderError> {
        self.sign_ins
            .iter_mut()
            .find(|sign_in| sign_in.access_token.as_deref() == Some(token.expose()))
            .ok_or_else(|| failure_of(ProviderErrorKind::LinkAgain))
    }

    fn by_token_if_sound(&mut self, token: &AccessToken) -> Result<&mut SignIn, ProviderError> {
        let sign_in = self.by_token(token)?;
        match sign_in.fault {
            Some(kind) => Err(failure_of(kind)),
            None => Ok(sign_in),
        }
    }

    fn by_public_token(&mut self, token: &PublicToken) -> &mut SignIn {
        let found = self.sign_ins.iter_mut().find(|sign_in| sign_in.public_token == token.expose());
        found.expect("a public token of this bank")
    }
}

impl SignIn {
    fn change(&mut self, change: BankChange) {
        match change {
            BankChange::Add(row) => {
                self.rows.push(row.clone());
                self.log.push(Logged::Added(row));
            }
            BankChange::Modify(row) => {
                let stored = self.rows.iter_mut().find(|stored| stored.id == row.id);
                *stored.expect("a row of this bank") = row.clone();
                self.log.push(Logged::Modified(row));
            }
            BankChange::Remove(id) => {
                self.rows.retain(|row| row.id != id);
                self.log.push(Logged::Removed(RemovedTransaction { id, account: None }));
            }
            BankChange::SetAccounts(accounts) => self.accounts = accounts,
            BankChange::BreakSignIn => self.fault = Some(ProviderErrorKind::SignInAgain),
            BankChange::HealSignIn => self.fault = None,
            BankChange::BecomeReady => self.ready = true,
        }
    }

    fn place(&self, cursor: Option<&Cursor>) -> Result<Place, ProviderError> {
        let Some(cursor) = cursor else {
            return Ok(Place { replaying: true, offset: 0, log_end: self.log.len() });
        };
        let refused = || failure_of(ProviderErrorKind::RestartFromEmpty);
        let parts: Vec<&str> = cursor.as_str().split('/').collect();
        let [id, phase, offset, log_end] = parts[..] else { return Err(refused()) };
        let (Ok(offset), Ok(log_end)) = (offset.parse(), log_end.parse()) else { return Err(refused()) };
        if id != self.id.as_str() {
            return Err(refused());
        }
        match phase {
            "between" => Ok(Place { replaying: false, offset, log_end: self.log.len() }),
            _ if log_end != self.log.len() => Err(failure_of(ProviderErrorKind::RestartUpdate)),
            _ => Ok(Place { replaying: phase == "replay", offset, log_end }),
        }
    }

    fn page(&self, request: &PageRequest) -> Result<UpdatePage, ProviderError> {
        assert!(!self.panics, "a scripted panic");
        if !self.ready {
            return Ok(UpdatePage { history: Some(HistoryStatus::NotReady), ..UpdatePage::default() });
        }
        let Place { replaying, offset, log_end } = self.place(request.cursor.as_ref())?;
        let mut page = UpdatePage {
            accounts: self.accounts.clone(),
            history: Some(HistoryStatus::Complete),
            ..UpdatePage::default()
        };
        let count = usize::from(request.count);
        let all = if replaying { self.rows.len() } else { log_end };
        let end = all.min(offset + count);
        if replaying {
            page.added = self.rows[offset..end].to_vec();
        } else {
            for logged in &self.log[offset..end] {
                match logged.clone() {
                    Logged::Added(row) => page.added.push(row),
                    Logged::Modified(row) => page.modified.push(row),
                    Logged::Removed(removed) => page.removed.push(removed),
                }
            }
        }
        page.has_more = end < all;
        let phase = match (page.has_more, replaying) {
            (false, _) => "between",
            (true, true) => "replay",
            (true, false) => "log",
        };
        let offset = if page.has_more { end } else { log_end };
        page.next_cursor = Cursor::new(&format!("{}/{phase}/{offset}/{log_end}", self.id));
        Ok(page)
    }
}

#[async_trait]
impl BankProvider for ScriptedProvider {
    fn name(&self) -> ProviderName {
        ProviderName::new("scripted").unwrap()
    }

    async fn create_link_token(&self, request: &LinkTokenRequest) -> Result<LinkSession, ProviderError> {
        let mut bank = self.called(ScriptedCall::CreateLinkToken)?;
        if let LinkMode::Update { access_token, .. } = &request.mode {
            bank.by_token(access_token)?;
        }
        bank.link_requests.push(request.clone());
        Ok(LinkSession {
            token: LinkToken::new(format!("link-scripted-{}", bank.next_number())),
            expires_at: Utc::now() + TimeDelta::hours(4),
            hosted_url: None,
        })
    }

    async fn exchange_public_token(&self, token: &PublicToken) -> Result<ExchangedConnection, ProviderError> {
        let mut bank = self.called(ScriptedCall::Exchange)?;
        let access_token = format!("access-scripted-{}", bank.next_number());
        let sign_in = bank
            .sign_ins
            .iter_mut()
            .find(|sign_in| sign_in.public_token == token.expose() && sign_in.access_token.is_none())
            .ok_or_else(|| failure_of(ProviderErrorKind::LinkAgain))?;
        sign_in.access_token = Some(access_token.clone());
        Ok(ExchangedConnection { id: sign_in.id.clone(), access_token: AccessToken::new(access_token) })
    }

    async fn connection(&self, token: &AccessToken) -> Result<ProviderConnection, ProviderError> {
        let mut bank = self.called(ScriptedCall::Connection)?;
        let sign_in = bank.by_token(token)?;
        Ok(ProviderConnection {
            id: sign_in.id.clone(),
            institution: Some(InstitutionRef {
                id: InstitutionId::new("ins_scripted").unwrap(),
                name: Some("Scripted Bank".to_owned()),
            }),
            consent_expires_at: sign_in.word.consent_expires_at,
            fault: sign_in.fault.or(sign_in.word.fault).map(|kind| ProviderFault {
                kind,
                code: Some(kind.name().to_ascii_uppercase()),
                user_message: USER_MESSAGE.to_owned(),
            }),
            transactions_updated_at: sign_in.word.transactions_updated_at,
            transactions_failed_at: sign_in.word.transactions_failed_at,
        })
    }

    async fn remove_connection(&self, token: &AccessToken) -> Result<(), ProviderError> {
        if let Ok(sign_in) = self.called(ScriptedCall::RemoveConnection)?.by_token(token) {
            sign_in.access_token = Some(String::new());
        }
        Ok(())
    }

    async fn rotate_access_token(&self, token: &AccessToken) -> Result<AccessToken, ProviderError> {
        let mut bank = self.bank();
        let fresh = format!("access-scripted-{}", bank.next_number());
        bank.by_token(token)?.access_token = Some(fresh.clone());
        Ok(AccessToken::new(fresh))
    }

    async fn accounts(&self, token: &AccessToken) -> Result<Vec<ProviderAccount>, ProviderError> {
        Ok(self.called(ScriptedCall::Accounts)?.by_token_if_sound(token)?.accounts.clone())
    }

    async fn live_balances(
        &self,
        token: &AccessToken,
        request: &BalanceRequest,
    ) -> Result<Vec<ProviderAccount>, ProviderError> {
        let mut bank = self.called(ScriptedCall::LiveBalances)?;
        let accounts = &bank.by_token_if_sound(token)?.accounts;
        if request.accounts.is_empty() {
            return Ok(accounts.clone());
        }
        let chosen =
            request.accounts.iter().map(|id| accounts.iter().find(|account| account.id == *id).cloned());
        chosen.collect::<Option<_>>().ok_or_else(|| failure_of(ProviderErrorKind::UnknownAccount))
    }

    async fn transactions_page(
        &self,
        token: &AccessToken,
        request: &PageRequest,
    ) -> Result<UpdatePage, ProviderError> {
        // Without a wait in between: who is paging has made its call.
        let _paging = Paging::begin(self, token);
        let page = self.called(ScriptedCall::TransactionsPage)?.by_token_if_sound(token)?.page(request);
        tokio::task::yield_now().await;
        // It ends with an error only when no sender is left, and this is one.
        let _ = self.held.subscribe().wait_for(|held| !held).await;
        let meeting = self.meeting.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(meeting) = meeting {
            meeting.wait().await;
        }
        page
    }

    async fn refresh_transactions(&self, token: &AccessToken) -> Result<(), ProviderError> {
        self.bank().by_token_if_sound(token).map(|_| ())
    }

    async fn institution(
        &self,
        id: &InstitutionId,
        _country_codes: &[String],
    ) -> Result<Institution, ProviderError> {
        if id.as_str() != "ins_scripted" {
            return Err(failure_of(ProviderErrorKind::Configuration));
        }
        Ok(Institution {
            id: id.clone(),
            name: "Scripted Bank".to_owned(),
            country_codes: vec!["US".to_owned()],
            oauth: false,
            url: None,
        })
    }

    async fn verify_webhook(&self, delivery: &WebhookDelivery) -> Result<ProviderWebhook, WebhookError> {
        scripted_webhook::verify(delivery)
    }
}

#[async_trait]
impl ProviderFixture for Arc<ScriptedProvider> {
    async fn create() -> Self {
        Self::default()
    }

    fn provider(&self) -> Arc<dyn BankProvider> {
        self.clone()
    }

    async fn sign_in(
        &self,
        accounts: Vec<ProviderAccount>,
        rows: Vec<ProviderTransaction>,
        ready: bool,
    ) -> PublicToken {
        let mut bank = self.bank();
        let number = bank.next_number();
        let public_token = format!("public-scripted-{number}");
        bank.sign_ins.push(SignIn {
            id: ProviderConnectionId::new(format!("item-{number}")).unwrap(),
            public_token: public_token.clone(),
            access_token: None,
            accounts,
            log: rows.iter().cloned().map(Logged::Added).collect(),
            rows,
            fault: None,
            ready,
            panics: false,
            word: ScriptedWord::default(),
        });
        PublicToken::new(public_token)
    }

    async fn change(&self, sign_in: &PublicToken, change: BankChange) {
        self.bank().by_public_token(sign_in).change(change);
    }

    async fn webhook(&self, sign_in: &PublicToken, news: BankNews) -> Option<WebhookDelivery> {
        Some(self.webhook_at(sign_in, &news, Utc::now()))
    }

    fn institution(&self) -> InstitutionId {
        InstitutionId::new("ins_scripted").unwrap()
    }
}

/// A clock that stands still until it is told to go on.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl Default for ManualClock {
    /// Stands at the beginning of 2026.
    fn default() -> Self {
        Self(Mutex::new(samples::at(0)))
    }
}

impl ManualClock {
    /// Lets time pass.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
