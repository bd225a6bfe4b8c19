//! The bank's side: a folder for each sign-in, with a file of what the bank knows of it, one of its accounts, and a journal to
//! which the bank only ever appends.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use finance_core::PublicToken;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A bank in a folder.
#[derive(Debug, Clone)]
pub(crate) struct FolderBank {
    root: PathBuf,
}

/// What the bank knows of a sign-in: `sign_in.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SignIn {
    pub(crate) id: String,
    pub(crate) public_token: String,
    /// Once the public token was exchanged.
    pub(crate) access_token: Option<String>,
    pub(crate) ready: bool,
    pub(crate) must_sign_in_again: bool,
}

impl SignIn {
    pub(crate) fn public_token(&self) -> PublicToken {
        PublicToken::new(self.public_token.clone())
    }
}

/// An account: `accounts.json`. This bank writes what is owed as a debt, without a sign.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct BankAccount {
    pub(crate) number: String,
    pub(crate) name: String,
    pub(crate) kind: Option<String>,
    pub(crate) subkind: Option<String>,
    pub(crate) owned: Option<String>,
    pub(crate) owed: Option<String>,
    pub(crate) available: Option<String>,
    pub(crate) limit: Option<String>,
    pub(crate) currency: Option<String>,
}

/// A movement, whose amount has no sign but a direction.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BankRow {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) amount: String,
    pub(crate) direction: Direction,
    pub(crate) currency: String,
    /// Year, month, day.
    pub(crate) day: String,
    pub(crate) text: String,
    pub(crate) pending: bool,
    pub(crate) replaces: Option<String>,
}

impl BankRow {
    /// A booked movement of nothing on the account `0001`.
    pub(crate) fn new(id: &str, text: &str) -> Self {
        Self {
            id: id.to_owned(),
            account: "0001".to_owned(),
            amount: "0".to_owned(),
            direction: Direction::In,
            currency: "USD".to_owned(),
            day: "2026-03-01".to_owned(),
            text: text.to_owned(),
            pending: false,
            replaces: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Direction {
    In,
    Out,
}

/// A line of `journal.jsonl`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    Added(BankRow),
    Modified(BankRow),
    Removed(String),
}

pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

impl FolderBank {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// A customer signs in and lets us in: the result of the bank's own dialogue.
    pub(crate) fn sign_in(&self, accounts: &[BankAccount], rows: &[BankRow]) -> Outcome<SignIn> {
        let number = self.sign_ins()?.len() + 1;
        let sign_in = SignIn {
            id: format!("customer-{number}"),
            public_token: format!("public-folder-{number}"),
            access_token: None,
            ready: true,
            must_sign_in_again: false,
        };
        fs::create_dir_all(self.root.join(&sign_in.id))?;
        self.save(&sign_in)?;
        self.write_accounts(&sign_in.id, accounts)?;
        for row in rows {
            self.write(&sign_in.id, &Line::Added(row.clone()))?;
        }
        Ok(sign_in)
    }

    pub(crate) fn sign_ins(&self) -> Outcome<Vec<SignIn>> {
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        entries.map(|entry| read(&entry?.path().join("sign_in.json"))).collect()
    }

    pub(crate) fn save(&self, sign_in: &SignIn) -> Outcome<()> {
        Ok(fs::write(self.file(&sign_in.id, "sign_in.json"), serde_json::to_vec_pretty(sign_in)?)?)
    }

    pub(crate) fn forget(&self, id: &str) -> Outcome<()> {
        Ok(fs::remove_dir_all(self.root.join(id))?)
    }

    pub(crate) fn accounts(&self, id: &str) -> Outcome<Vec<BankAccount>> {
        read(&self.file(id, "accounts.json"))
    }

    pub(crate) fn write_accounts(&self, id: &str, accounts: &[BankAccount]) -> Outcome<()> {
        Ok(fs::write(self.file(id, "accounts.json"), serde_json::to_vec_pretty(accounts)?)?)
    }

    pub(crate) fn journal(&self, id: &str) -> Outcome<Vec<Line>> {
        let text = match fs::read_to_string(self.file(id, "journal.jsonl")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text?,
        };
        text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }

    pub(crate) fn write(&self, id: &str, line: &Line) -> Outcome<()> {
        let mut journal =
            fs::OpenOptions::new().create(true).append(true).open(self.file(id, "journal.jsonl"))?;
        Ok(writeln!(journal, "{}", serde_json::to_string(line)?)?)
    }

    fn file(&self, id: &str, name: &str) -> PathBuf {
        self.root.join(id).join(name)
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Outcome<T> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}
