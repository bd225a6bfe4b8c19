//! Plaid's own sandbox users: each is linked and synced, and the sums agree with the file digit for digit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use end_to_end::{Books, World};
use finance_core::parse_amount;
use plaid_simulator::{CustomUser, SimulatorOptions};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    override_accounts: Option<Vec<FileAccount>>,
}

#[derive(Deserialize)]
struct FileAccount {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    transactions: Option<Vec<FileTransaction>>,
}

#[derive(Deserialize)]
struct FileTransaction {
    amount: Option<Box<RawValue>>,
}

impl FileAccount {
    /// Transactions of investments have an endpoint of their own.
    fn is_told(&self) -> bool {
        matches!(self.kind.as_deref(), Some("depository" | "credit" | "loan"))
    }

    /// Rows and their sum in our sign.
    fn totals(&self) -> (u64, Decimal) {
        let amounts = self.transactions.iter().flatten().filter_map(|row| row.amount.as_ref());
        amounts.fold((0, Decimal::ZERO), |(rows, sum), amount| {
            (rows + 1, sum - parse_amount(amount.get()).unwrap())
        })
    }
}

fn json_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            json_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

#[tokio::test]
#[ignore = "needs PLAID_FACTS, the folder of Plaid's public facts"]
async fn by_plaid_facts_every_sandbox_user_syncs_with_exact_sums() {
    let folder = std::env::var("PLAID_FACTS").expect("PLAID_FACTS names the folder of Plaid's public facts");
    let mut files = Vec::new();
    json_files(&Path::new(&folder).join("sandbox-custom-users"), &mut files);
    assert!(files.len() >= 30, "{} files are too few", files.len());
    let mut rows_in_all = 0;
    for path in files {
        let text = std::fs::read(&path).unwrap();
        let file: File = serde_json::from_slice(&text).unwrap();
        let mut options = SimulatorOptions::default();
        options.user = Some(CustomUser::from_json(&text).unwrap());
        let world = World::new(Books::InSqlite, options, 500).await;
        let (linked, item) = world.link("user_good").await;
        assert!(linked.first_sync.error.is_none(), "{}: {:?}", path.display(), linked.first_sync.error);
        world.assert_true(linked.connection.id, &item).await;

        let told = file.override_accounts.iter().flatten().filter(|account| account.is_told());
        let mut expected: Vec<_> = told.map(FileAccount::totals).filter(|(rows, _)| *rows > 0).collect();
        let mut totals = BTreeMap::new();
        for total in world.engine.account_totals(&world.user).await.unwrap() {
            let (rows, sum) = totals.entry(total.account).or_insert((0, Decimal::ZERO));
            *rows += total.rows;
            *sum += total.sum.amount();
        }
        let mut booked: Vec<_> = totals.into_values().collect();
        expected.sort();
        booked.sort();
        assert_eq!(booked, expected, "{}", path.display());
        rows_in_all += expected.iter().map(|(rows, _)| rows).sum::<u64>();

        let again = world.sync(linked.connection.id).await.run.unwrap().counts;
        assert_eq!(again.added, 0, "{}", path.display());
    }
    assert!(rows_in_all > 300, "{rows_in_all} rows are too few to have read the files");
}
