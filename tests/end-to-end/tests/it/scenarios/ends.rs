//! Banks that are linked twice, connections and users that go, and books that leave.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use finance_core::{
    ExportFormat, ExportOptions, ExportStream, ForgetOptions, LinkRequest, LocalRecords, MergeAnswers,
    MergeOptions, MergePlan, ProviderEnd, RecordCounts, RemovalOptions, parse_amount,
};
use plaid_simulator::{Change, Readiness};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{Counts, Play};

/// What is done, and what must come of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum EndStep {
    /// The user links the same login again; from then on rows are those of the new connection.
    Relink(Counts),
    /// How the two connections would become one.
    PlanMerge(Rows),
    /// Makes them one.
    Merge(Rows),
    /// The books hold what the bank has, and nothing else.
    Truth,
    /// Removes the connection; what is erased, by kind of record.
    RemoveConnection { erase: bool, erased: BTreeMap<String, u64> },
    /// Forgets the user; what is erased, by kind of record.
    Forget { erased: BTreeMap<String, u64> },
    /// Exports for a spreadsheet: rows, and the sums by account.
    ExportCsv { rows: usize, sums: BTreeMap<String, String> },
    /// Exports everything: the lengths of lists.
    ExportJson(BTreeMap<String, usize>),
}

/// How many rows are of which kind in a merge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Rows {
    matched: usize,
    only_old: usize,
    only_new: usize,
    dropped: usize,
}

impl Rows {
    const fn of(plan: &MergePlan) -> Self {
        Self {
            matched: plan.matched.len(),
            only_old: plan.only_old.len(),
            only_new: plan.only_new.len(),
            dropped: plan.dropped.len(),
        }
    }
}

fn kinds(records: &RecordCounts) -> BTreeMap<String, u64> {
    records.iter().map(|(kind, records)| (kind.name().to_owned(), records)).collect()
}

impl Play<'_> {
    pub(super) async fn ends(&mut self, step: EndStep) {
        let connection = self.linked.as_ref().unwrap().connection.id;
        let (engine, user) = (self.world.engine.clone(), self.world.user.clone());
        match step {
            EndStep::Relink(counts) => self.relink(&counts).await,
            EndStep::PlanMerge(expected) => {
                let answers = MergeAnswers::default();
                let plan =
                    engine.plan_merge(&user, self.earlier.unwrap(), connection, &answers).await.unwrap();
                assert_eq!(Rows::of(&plan), expected, "{plan:#?}");
            }
            EndStep::Merge(expected) => {
                let (from, options) = (self.earlier.unwrap(), MergeOptions::default());
                let report = engine.merge_connections(&user, from, connection, &options).await.unwrap();
                assert_eq!(Rows::of(&report.plan), expected, "{:#?}", report.plan);
                assert!(matches!(report.at_provider, ProviderEnd::Ended));
                self.see_rows().await;
            }
            EndStep::Truth => self.world.assert_true(connection, &self.item).await,
            EndStep::RemoveConnection { erase, erased } => {
                let local = if erase { LocalRecords::Erase } else { LocalRecords::Keep };
                let options = RemovalOptions { local, ..RemovalOptions::default() };
                let removal = engine.remove_connection(&user, connection, &options).await.unwrap();
                assert_eq!(kinds(&removal.erased), erased);
                engine.verify_audit(&user, None).await.unwrap();
            }
            EndStep::Forget { erased } => {
                let receipt = engine.forget_user(&user, &ForgetOptions::default()).await.unwrap();
                assert_eq!(kinds(&receipt.erased), erased);
                assert!(receipt.not_ended.is_empty());
                assert!(engine.records(&user).await.unwrap().is_empty());
            }
            EndStep::ExportCsv { rows, sums } => {
                let bytes = self.exported(ExportFormat::Csv).await;
                let mut reader = csv::Reader::from_reader(bytes.as_slice());
                let columns = reader.headers().unwrap().clone();
                let column = |name| columns.iter().position(|column| column == name).unwrap();
                let (account, amount) = (column("Account"), column("Amount"));
                let mut found: BTreeMap<String, Decimal> = BTreeMap::new();
                let mut lines = 0;
                for line in reader.records().map(Result::unwrap) {
                    *found.entry(line[account].to_owned()).or_default() +=
                        parse_amount(&line[amount]).unwrap();
                    lines += 1;
                }
                let found: BTreeMap<String, String> =
                    found.into_iter().map(|(account, sum)| (account, sum.to_string())).collect();
                assert_eq!((lines, found), (rows, sums));
            }
            EndStep::ExportJson(lengths) => {
                let bytes = self.exported(ExportFormat::Json).await;
                let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
                for (list, length) in lengths {
                    assert_eq!(json[&list].as_array().unwrap().len(), length, "{list}");
                }
            }
        }
    }

    /// Links the login of the connection again, and learns what the new connection calls its rows.
    async fn relink(&mut self, counts: &Counts) {
        let (request, item) = self.world.sign_in("user_good", None).await;
        let earlier_item = std::mem::replace(&mut self.item, item);
        self.change(Change::SetReadiness { readiness: Readiness::HistoricalUpdateComplete });
        // The user insists, although the library says that the books have this bank.
        let request = LinkRequest { allow_duplicate: true, ..request };
        let mut linked = self.world.engine.link(&self.world.user, request).await.unwrap();
        let first = linked.first_sync.error.take();
        self.check_sync(linked.first_sync.run.as_ref().unwrap(), first.as_ref(), counts);
        let earlier = self.linked.as_ref().unwrap().connection.id;
        assert_eq!(linked.possible_duplicate.as_ref().unwrap().connection, earlier);
        self.earlier = Some(earlier);
        self.linked = Some(linked);

        let mut here = self.rows_by_content(&self.item);
        let there = self.rows_by_content(&earlier_item);
        let renamed: BTreeMap<String, String> = there
            .into_iter()
            .flat_map(|(content, ids)| ids.into_iter().zip(here.remove(&content).unwrap_or_default()))
            .collect();
        for id in self.ids.values_mut() {
            if let Some(new) = renamed.get(id) {
                id.clone_from(new);
            }
        }
    }

    /// The ids of a connection's rows, by what they say; of rows that say the same any may be any.
    fn rows_by_content(&self, item: &str) -> BTreeMap<String, Vec<String>> {
        let truth = self.world.control.truth(item).unwrap();
        let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in truth.transactions {
            let content = format!("{} {} {} {}", row.date, row.amount, row.pending, row.name);
            rows.entry(content).or_default().push(row.transaction_id);
        }
        rows
    }

    async fn exported(&self, format: ExportFormat) -> Vec<u8> {
        let options = ExportOptions::new(format);
        let whole = self.world.engine.export(&self.world.user, &options).await.unwrap();
        let dropped = self.world.engine.export(&self.world.user, &options).await.unwrap();
        let (whole, dropped) = (read(whole, false).await, read(dropped, true).await);
        // They differ in nothing but the instant they were made.
        assert_eq!(whole.len(), dropped.len());
        whole
    }
}

/// Reads an export to its end. With `drop_some` every future that does not end at once is dropped and asked for anew.
async fn read(mut export: ExportStream, drop_some: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let at_once = if drop_some { polled_once(export.next()).await } else { None };
        let chunk = match at_once {
            Some(chunk) => chunk,
            None => export.next().await,
        };
        match chunk.unwrap() {
            Some(chunk) => bytes.extend(chunk),
            None => return bytes,
        }
    }
}

/// What the future gives at once, if it does.
async fn polled_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
