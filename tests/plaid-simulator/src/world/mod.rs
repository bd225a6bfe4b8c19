//! Everything the server knows: logins, connections, tokens and the virtual day.

pub(crate) mod account;
pub(crate) mod cursor;
pub(crate) mod custom_user;
pub(crate) mod generate;
pub(crate) mod ids;
pub(crate) mod institutions;
pub(crate) mod item;
pub(crate) mod ledger;
pub(crate) mod life;
pub(crate) mod merchants;
pub(crate) mod row;
pub(crate) mod update;
pub(crate) mod window;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration, NaiveDate, Utc};

use self::account::Account;
use self::custom_user::CustomUser;
use self::generate::Size;
use self::ids::{IdSpace, mix, mix_text, token};
use self::item::{Item, SharedLedger, lock};
use self::ledger::Ledger;
use crate::error::PlaidError;
use crate::options::{Readiness, ReadinessPlan, SimulatorOptions};
use crate::webhook::Notice;

/// What someone enters in Link.
#[derive(Debug, Clone)]
pub(crate) struct SignIn {
    pub(crate) institution_id: String,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) products: Vec<String>,
    pub(crate) webhook: Option<String>,
    /// Another size than the options' for a login seen for the first time.
    pub(crate) size: Option<Size>,
}

/// A Link token and what it was made for.
#[derive(Debug, Clone)]
pub(crate) struct LinkToken {
    pub(crate) expires: DateTime<Utc>,
    pub(crate) products: Vec<String>,
    pub(crate) webhook: Option<String>,
    /// The connection to repair, in update mode.
    pub(crate) item: Option<usize>,
    /// Whether it was made for Hosted Link, whose end is told by webhook.
    pub(crate) hosted: bool,
    /// Allowed subtypes by account type; types not listed vanish.
    pub(crate) filters: Option<HashMap<String, Vec<String>>>,
}

/// The state behind the server's lock. Ledgers have locks of their own, always taken after this one.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) options: Arc<SimulatorOptions>,
    pub(crate) today: NaiveDate,
    pub(crate) items: Vec<Item>,
    /// Webhooks to send once the lock is free.
    pub(crate) outbox: Vec<Notice>,
    logins: HashMap<(String, String, String), SharedLedger>,
    access_tokens: HashMap<String, usize>,
    public_tokens: HashMap<String, (usize, DateTime<Utc>)>,
    pub(crate) link_tokens: HashMap<String, LinkToken>,
    made: u64,
}

impl World {
    pub(crate) fn new(options: Arc<SimulatorOptions>) -> Self {
        Self {
            today: options.today.unwrap_or_else(|| Utc::now().date_naive()),
            options,
            items: Vec::new(),
            outbox: Vec::new(),
            logins: HashMap::new(),
            access_tokens: HashMap::new(),
            public_tokens: HashMap::new(),
            link_tokens: HashMap::new(),
            made: 0,
        }
    }

    /// The virtual day at the real time of day.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.today.and_time(Utc::now().time()).and_utc()
    }

    /// A number never handed out before, the same in every run with the same calls.
    fn fresh(&mut self) -> u64 {
        self.made += 1;
        mix(self.options.seed ^ mix(self.made ^ 0x70_6C61_6964))
    }

    fn fresh_token(&mut self, kind: &str) -> String {
        let seed = self.fresh();
        let hex = format!("{:016x}{:016x}", mix(seed), mix(seed ^ 1));
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        format!("{kind}-sandbox-{}", parts.join("-"))
    }

    /// Signs in: a new connection, its login's data being what it was if the login is known.
    pub(crate) fn sign_in(&mut self, sign_in: SignIn) -> Result<usize, PlaidError> {
        let institution = institutions::find(&sign_in.institution_id, &self.options.institutions)
            .ok_or_else(|| PlaidError::new("INVALID_INSTITUTION"))?;
        if let Some(code) = institution.sign_in_error().or(sign_in.password.strip_prefix("error_")) {
            return Err(PlaidError::new(code));
        }
        let login_seed = mix_text(mix_text(self.options.seed, &sign_in.institution_id), &sign_in.username);
        let ledger = self.login(&sign_in, login_seed)?;
        let salt = self.fresh();
        let readiness = match self.options.readiness {
            ReadinessPlan::Complete => Readiness::HistoricalUpdateComplete,
            _ => Readiness::NotReady,
        };
        let now = self.now();
        self.items.push(Item {
            item_id: token(mix(salt ^ 0x17E), ids::ID_LENGTH),
            access_token: None,
            institution,
            username: sign_in.username,
            password: sign_in.password,
            products: sign_in.products,
            webhook: sign_in.webhook.filter(|url| !url.is_empty()),
            error: None,
            readiness,
            plan: self.options.readiness,
            updates: 0,
            created_at: now,
            last_success: now,
            last_failure: None,
            last_webhook: None,
            ids: IdSpace::new(salt),
            login_seed,
            ledger,
            chosen: None,
            removed: false,
        });
        Ok(self.items.len() - 1)
    }

    fn login(&mut self, sign_in: &SignIn, seed: u64) -> Result<SharedLedger, PlaidError> {
        let custom = sign_in.username == "user_custom";
        let password = if custom { sign_in.password.clone() } else { String::new() };
        let key = (sign_in.institution_id.clone(), sign_in.username.clone(), password);
        if let Some(ledger) = self.logins.get(&key) {
            return Ok(Arc::clone(ledger));
        }
        let given;
        let user = if custom {
            given = CustomUser::from_json(sign_in.password.as_bytes())
                .map_err(|error| PlaidError::with("INVALID_CREDENTIALS", error.to_string()))?;
            Some(&given)
        } else {
            self.options.user.as_ref().filter(|_| sign_in.username != "user_transactions_dynamic")
        };
        let ledger = match user {
            Some(CustomUser { force_error: Some(code), .. }) => return Err(PlaidError::new(code)),
            Some(user) => Ledger::custom(seed, user, self.today),
            None => self.generated(sign_in, seed),
        };
        let ledger = Arc::new(Mutex::new(ledger));
        self.logins.insert(key, Arc::clone(&ledger));
        Ok(ledger)
    }

    fn generated(&self, sign_in: &SignIn, seed: u64) -> Ledger {
        let options = &self.options;
        let usual = Size {
            accounts: options.accounts,
            transactions: options.transactions,
            days: options.days,
            currencies: options.currencies.clone(),
        };
        if sign_in.username == "user_transactions_dynamic" {
            let size = Size { accounts: usual.accounts.max(1), transactions: 50, days: 90, ..usual };
            return Ledger::generated(seed, &size, self.today, true);
        }
        Ledger::generated(seed, sign_in.size.as_ref().unwrap_or(&usual), self.today, false)
    }

    pub(crate) fn public_token(&mut self, item: usize) -> String {
        let token = self.fresh_token("public");
        let expires = self.now() + Duration::minutes(30);
        self.public_tokens.insert(token.clone(), (item, expires));
        token
    }

    /// Exchanges a public token; it works once.
    pub(crate) fn exchange(&mut self, public_token: &str) -> Result<usize, PlaidError> {
        let now = self.now();
        let found = self.public_tokens.remove(public_token).filter(|(_, expires)| *expires >= now);
        let (item, _) = found.ok_or_else(|| PlaidError::new("INVALID_PUBLIC_TOKEN"))?;
        self.grant(item);
        Ok(item)
    }

    /// Gives a connection a new access token; an old one dies.
    pub(crate) fn grant(&mut self, item: usize) -> String {
        let token = self.fresh_token("access");
        if let Some(old) = self.items[item].access_token.replace(token.clone()) {
            self.access_tokens.remove(&old);
        }
        self.access_tokens.insert(token.clone(), item);
        token
    }

    /// The connection of an access token, whatever its state.
    pub(crate) fn find(&self, access_token: &str) -> Result<usize, PlaidError> {
        let item =
            *self.access_tokens.get(access_token).ok_or_else(|| PlaidError::new("INVALID_ACCESS_TOKEN"))?;
        if self.items[item].removed { Err(PlaidError::new("ITEM_NOT_FOUND")) } else { Ok(item) }
    }

    /// The connection of an access token, if its login works.
    pub(crate) fn find_working(&self, access_token: &str) -> Result<usize, PlaidError> {
        let item = self.find(access_token)?;
        self.items[item].error.clone().map_or(Ok(item), Err)
    }

    /// The connection of an item id or an access token.
    pub(crate) fn find_any(&self, id: &str) -> Option<usize> {
        let by_token = self.access_tokens.get(id).copied();
        by_token.or_else(|| self.items.iter().position(|item| item.item_id == id))
    }

    pub(crate) fn link_token(&mut self, link: LinkToken) -> String {
        let token = self.fresh_token("link");
        self.link_tokens.insert(token.clone(), link);
        token
    }

    pub(crate) fn fresh_id(&mut self, length: usize) -> String {
        token(self.fresh(), length)
    }

    /// Every connection that shares a ledger with `item` and still exists.
    pub(crate) fn siblings(&self, item: usize) -> Vec<usize> {
        let ledger = &self.items[item].ledger;
        let shared =
            |one: &&usize| Arc::ptr_eq(&self.items[**one].ledger, ledger) && !self.items[**one].removed;
        (0..self.items.len()).collect::<Vec<_>>().iter().filter(shared).copied().collect()
    }

    /// Opens an account at the bank; every connection of the login shows it and is told.
    pub(crate) fn open_account(&mut self, item: usize, account: Account) -> u16 {
        let index = {
            let mut ledger = lock(&self.items[item].ledger);
            ledger.accounts.push(account);
            (ledger.accounts.len() - 1) as u16
        };
        for one in self.siblings(item) {
            if let Some(chosen) = &mut self.items[one].chosen {
                chosen.insert(index);
            }
            self.notify(one, Notice::plain("ITEM", "NEW_ACCOUNTS_AVAILABLE").without_error());
        }
        index
    }

    /// Breaks a login: data calls fail with the error until it heals.
    pub(crate) fn break_login(&mut self, item: usize, error: &PlaidError) {
        let now = self.now();
        let broken = &mut self.items[item];
        broken.last_failure = Some(now);
        broken.error = Some(error.clone());
        if error.error_code == "USER_PERMISSION_REVOKED" {
            self.notify(item, Notice::user_permission_revoked(error));
        } else {
            self.notify(item, Notice::item_error(error));
        }
    }

    /// Heals a login. Tells so only when it was not the application's own update mode that did it.
    pub(crate) fn heal_login(&mut self, item: usize, tell: bool) {
        if self.items[item].error.take().is_some() && tell {
            self.notify(item, Notice::plain("ITEM", "LOGIN_REPAIRED"));
        }
    }

    /// Moves a connection's readiness and tells so.
    pub(crate) fn set_readiness(&mut self, item: usize, readiness: Readiness) {
        let before = std::mem::replace(&mut self.items[item].readiness, readiness);
        if readiness <= before {
            return;
        }
        let (recent, all) = {
            let ledger = lock(&self.items[item].ledger);
            (ledger.recent_len(self.items[item].created_at.date_naive()), ledger.base_len())
        };
        if before == Readiness::NotReady {
            self.notify(item, Notice::initial_update(recent));
        }
        if readiness == Readiness::HistoricalUpdateComplete {
            self.notify(item, Notice::historical_update(all - recent));
        }
        self.notify_sync_updates(item);
    }

    /// Tells every connection of a login what changed in its ledger.
    pub(crate) fn notify_changes(&mut self, item: usize, effects: &Effects) {
        for one in self.siblings(item) {
            self.items[one].last_success = self.now();
            let ids = self.items[one].ids;
            if effects.added + effects.modified > 0 {
                self.notify(one, Notice::default_update(effects.added));
            }
            if !effects.removed.is_empty() {
                let removed: Vec<_> = effects.removed.iter().map(|&row| ids.transaction_text(row)).collect();
                self.notify(one, Notice::transactions_removed(&removed));
            }
            if !effects.is_empty() {
                self.notify_sync_updates(one);
            }
        }
    }

    /// Plaid sends this one only once sync has been called.
    pub(crate) fn notify_sync_updates(&mut self, item: usize) {
        let subject = &self.items[item];
        if subject.updates > 0 {
            let notice = Notice::sync_updates_available(subject.readiness);
            self.notify(item, notice);
        }
    }

    /// Queues a webhook, if the connection has a place to send it to.
    pub(crate) fn notify(&mut self, item: usize, notice: Notice) {
        let now = self.now();
        let subject = &mut self.items[item];
        let Some(url) = subject.webhook.clone() else { return };
        if subject.removed || subject.access_token.is_none() {
            return;
        }
        subject.last_webhook = Some((now, notice.code().to_owned()));
        self.outbox.push(notice.addressed(&subject.item_id, url));
    }

    /// The accounts a set of Link filters leaves.
    pub(crate) fn choose(&mut self, item: usize, filters: &HashMap<String, Vec<String>>) {
        let subject = &self.items[item];
        let chosen: BTreeSet<u16> = {
            let ledger = lock(&subject.ledger);
            let passes = |kind: &str, subtype: Option<&str>| {
                filters.get(kind).is_some_and(|allowed| {
                    allowed.iter().any(|one| one == "all" || Some(one.as_str()) == subtype)
                })
            };
            subject
                .open_accounts(&ledger)
                .filter(|(_, account)| passes(&account.kind, account.subtype.as_deref()))
                .map(|(index, _)| index)
                .collect()
        };
        self.items[item].chosen = Some(chosen);
    }
}

/// What a command did to a ledger, for webhooks.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) added: usize,
    pub(crate) modified: usize,
    pub(crate) removed: Vec<u32>,
}

impl Effects {
    pub(crate) fn is_empty(&self) -> bool {
        self.added == 0 && self.modified == 0 && self.removed.is_empty()
    }
}
