//! What a user does in Link.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::ControlError;
use crate::error::PlaidError;
use crate::webhook::Notice;
use crate::world::item::{Item, lock};
use crate::world::{SignIn, World};

/// A session of Link that a user goes through to its end.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkSession {
    /// From `/link/token/create`.
    pub link_token: String,
    /// `ins_109508` unless given; of no account in update mode.
    #[serde(default)]
    pub institution_id: Option<String>,
    /// `user_good` unless given; of no account in update mode.
    #[serde(default)]
    pub username: Option<String>,
    /// `pass_good` unless given; `error_<CODE>` ends in that error, in update mode too.
    #[serde(default)]
    pub password: Option<String>,
    /// The accounts the user shares, by name or mask; all unless given.
    #[serde(default)]
    pub accounts: Option<Vec<String>>,
}

/// What Link hands back on success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkResult {
    /// To be exchanged; `None` in update mode, where the access token stays.
    pub public_token: Option<String>,
    /// The connection made or repaired.
    pub item_id: String,
    /// What Link's success callback tells.
    pub metadata: LinkMetadata,
}

/// The metadata of Link's success callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkMetadata {
    /// Where the user signed in.
    pub institution: LinkInstitution,
    /// The accounts shared.
    pub accounts: Vec<LinkAccount>,
    /// The id of the session.
    pub link_session_id: String,
}

/// An institution in Link's metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkInstitution {
    /// Its name.
    pub name: String,
    /// Such as `ins_109508`.
    pub institution_id: String,
}

/// An account in Link's metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkAccount {
    /// The account id, under this name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its mask.
    pub mask: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its subtype.
    pub subtype: Option<String>,
    /// Always null here.
    pub verification_status: Option<String>,
    /// Always null here.
    pub class_type: Option<String>,
}

pub(super) fn finish(world: &mut World, session: LinkSession) -> Result<LinkResult, ControlError> {
    let LinkSession { link_token, institution_id, username, password, accounts } = session;
    let now = world.now();
    let token = world.link_tokens.get(&link_token).filter(|token| token.expires >= now).cloned();
    let token = token.ok_or_else(|| PlaidError::new("INVALID_LINK_TOKEN"))?;
    let told = token.webhook.clone().filter(|_| token.hosted);
    let (item, public_token) = match token.item {
        Some(item) => {
            if let Some(code) = password.as_deref().and_then(|password| password.strip_prefix("error_")) {
                return Err(PlaidError::new(code).into());
            }
            world.heal_login(item, false);
            (item, None)
        }
        None => {
            let item = world.sign_in(SignIn {
                institution_id: institution_id.unwrap_or_else(|| "ins_109508".into()),
                username: username.unwrap_or_else(|| "user_good".into()),
                password: password.unwrap_or_else(|| "pass_good".into()),
                products: token.products,
                webhook: token.webhook,
                size: None,
            })?;
            if let Some(filters) = token.filters {
                world.choose(item, &filters);
            }
            (item, Some(world.public_token(item)))
        }
    };
    if let Some(named) = accounts {
        let chosen = chosen(&world.items[item], &named)?;
        world.items[item].chosen = Some(chosen);
    }
    let link_session_id = world.fresh_id(36);
    if let (Some(url), Some(public_token)) = (told, &public_token) {
        world.outbox.push(Notice::session_finished(url, &link_session_id, &link_token, public_token));
    }
    let item = &world.items[item];
    Ok(LinkResult { public_token, item_id: item.item_id.clone(), metadata: metadata(item, link_session_id) })
}

fn chosen(item: &Item, named: &[String]) -> Result<BTreeSet<u16>, ControlError> {
    let ledger = lock(&item.ledger);
    let all = || (0u16..).zip(&ledger.accounts).filter(|(_, account)| !account.closed);
    let find = |name: &String| {
        let found = all().find(|(_, account)| account.name == *name || account.mask.as_ref() == Some(name));
        found.map(|(index, _)| index).ok_or_else(|| ControlError::UnknownAccount(name.clone()))
    };
    named.iter().map(find).collect()
}

fn metadata(item: &Item, link_session_id: String) -> LinkMetadata {
    let ledger = lock(&item.ledger);
    let accounts = item.open_accounts(&ledger).map(|(index, account)| LinkAccount {
        id: item.ids.account(index),
        name: account.name.clone(),
        mask: account.mask.clone(),
        kind: account.kind.clone(),
        subtype: account.subtype.clone(),
        verification_status: None,
        class_type: None,
    });
    LinkMetadata {
        institution: LinkInstitution {
            name: item.institution.name.clone(),
            institution_id: item.institution.id.clone(),
        },
        accounts: accounts.collect(),
        link_session_id,
    }
}
