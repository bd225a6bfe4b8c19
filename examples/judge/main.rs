//! The judgements of the library, for anyone's own file: one case a line in, one answer a line out, both JSON.
//!
//! ```text
//! cargo run --release --example judge -- dedup < in.jsonl > out.jsonl
//! ```
//!
//! | Judgement | What it answers |
//! | --- | --- |
//! | `dedup` | what each incoming row is: new, an update, a posted version, a copy |
//! | `reconcile` | whether the books agree with the bank, and why not |
//! | `health` | how an account does, and what would raise that |
//! | `account-kind` | what a provider's type and subtype stand for |
//! | `transfers` | which rows are the two sides of a transfer |
//! | `recurring` | which payments come again, and when |
//! | `schedule` | when a connection is due next |
//! | `accounts` | which old account each account of a new link is |
//!
//! # In all of them
//!
//! - Amounts are decimal strings in our sign: **positive is money into the account, negative is money out of it**; of balances,
//!   what is owned is positive, what is owed negative. A JSON number is taken, too, digit for digit. 28 significant digits fit.
//! - Days are strings such as `"2026-03-31"`; instants are strings such as `"2026-03-31T09:00:00Z"`.
//! - Identifiers (`id`, `account`, `connection`) are strings or numbers and come back exactly as they were written; `1` and
//!   `"1"` are two. In a ROW's optional identifiers, empty text is none.
//! - Keys with a question mark are optional, and `null` is the same as leaving one out. Keys that are not listed are passed over;
//!   in a policy they are an error. Keys of a policy are fields of the library's policy of that name, described there.
//! - Reasons and sentences are for people. Everything else is stable.
//! - Empty lines are passed over. A line that cannot be judged is answered by where and why, and the next line is answered as if
//!   nothing had been. How many there were is told on the standard error at the end; the exit code stays 0.
//!
//! ```json
//! {"error":"line 3: incoming[2].amount: \"12,5\" is not a decimal amount: write it as \"12.5\"","line":3,"field":"incoming[2].amount"}
//! ```
//!
//! # ROW
//!
//! | Key | What it is |
//! | --- | --- |
//! | `id` | the caller's name of the row, another for each row of a list; optional only where said |
//! | `date` | the day |
//! | `amount` | the amount |
//! | `account`? | the account; rows without one are all of the same account |
//! | `currency`? | an ISO 4217 code or any other; the account's own when left out |
//! | `payee`? | the merchant or payee |
//! | `description`? | the bank's text |
//! | `notes`? | the memo of a file, or the user's note |
//! | `counterparty`? | an identifier of who is on the other side: a merchant id, an account number |
//! | `imported_id`? | the identifier that the source gave: a provider's transaction id, a FITID |
//! | `pending`? | `true` while the bank may still replace it |
//! | `pending_of`? | the `imported_id` of the pending row that it replaces, or its `id` where no row has such an `imported_id` |
//! | `provider`? | the provider; left out, `file`, `manual`, `csv`, `ofx`, `qfx`, `qif`, `camt` or `mt940` for a row of none |
//! | `connection`? | the connection that it came through |
//! | `relinked`? | `true` when the account was linked anew, so that all its identifiers are new |
//! | `deleted`? | `true` when the user deleted it |
//! | `user_edited`? | `true` when the user changed it |
//! | `parent_id`? | the row of which it is a part; a part does not count in sums |
//!
//! # `dedup`
//!
//! | Key | What it is |
//! | --- | --- |
//! | `existing` | ROWs of the books |
//! | `incoming` | ROWs to judge; `id` is optional and may come twice |
//! | `policy`? | `DedupPolicy`: `date_window_days`, `pending_window_days_back`, `pending_backward_only`, `strict_ids`, `cross_provider`, `in_batch_dedup` (`none`, `occurrence`, `content`), `reimport_deleted` |
//!
//! There is one decision for each incoming row, in order. `action` is `insert`, `update`, `upgrade_pending`, `match`,
//! `duplicate_of_incoming` or `ignore`; `existing` names the stored row concerned, `of` the place of the incoming row that this
//! one copies; `score` goes from 0 to 100. Suggestions are for a person to look at: nothing was done about them.
//!
//! ```json
//! {"existing":[{"id":"t1","date":"2026-03-02","amount":"-4.50","description":"SQ *BLUE BOTTLE 0042","imported_id":"p1","pending":true,"provider":"plaid"},{"id":2,"date":"2026-03-05","amount":"-80.00","description":"HARBOR HOTEL","imported_id":"p2","provider":"plaid"}],"incoming":[{"date":"2026-03-04","amount":"-4.50","description":"BLUE BOTTLE","imported_id":"p3","pending_of":"p1","provider":"plaid"},{"date":"2026-03-06","amount":"-80.00","payee":"Harbor Hotel","provider":"file"},{"date":"2026-03-06","amount":"-12.50","payee":"Corner Bakery","provider":"file"}],"policy":{"date_window_days":4}}
//! {"decisions":[{"incoming":0,"action":"upgrade_pending","existing":"t1","of":null,"score":100,"reasons":["the bank says which pending row it replaces"]},{"incoming":1,"action":"match","existing":2,"of":null,"score":97,"reasons":["same amount","same text","1 day apart"]},{"incoming":2,"action":"insert","existing":null,"of":null,"score":100,"reasons":["no stored row can be the same"]}],"suggestions":[]}
//! ```
//!
//! # `reconcile`
//!
//! | Key | What it is |
//! | --- | --- |
//! | `currency`? | the account's; rows in another are not counted |
//! | `anchors` | balances at the end of a day: `date`, `balance`?, `source`? (`provider`, `file`, `statement`, `opening_derived`), `refreshed_at`? |
//! | `transactions` | ROWs of one account |
//! | `tolerance`? | the difference that is none |
//! | `policy`? | `ReconcilePolicy`: `drift_step` (ten minor units of the currency unless given), `count_pending`, `moved_days`, `duplicate_days`, `max_explanations` |
//!
//! `difference` is what the bank's balance changed by between the first known anchor and the last, less what the books did; `null`
//! with fewer than two known balances. Explanations are ranked, best first; an `amount` is what the correction adds to the books.
//! `kind` is `deleted_transaction`, `missing_transaction`, `duplicate`, `wrong_sign`, `swapped_digits`, `dropped_decimals`,
//! `pending_counted`, `pending_not_counted`, `wrong_side_of_anchor`, `sum_of_rows`, `stale_balance`, `rounding_drift` or `unknown`. `score_parts` add
//! up to `score`; `notes` are sentences about what was left out or is missing. `correction` names what would change, by `action`:
//!
//! | Action | Its keys |
//! | --- | --- |
//! | `insert_row` | `date`, `amount`, `like`: the row to take the texts from, or `null` |
//! | `restore_rows`, `remove_rows`, `count_pending`, `leave_pending_out` | `transactions` |
//! | `change_amount`, `move_row` | `transaction`, `to`: the amount or the day that it should have |
//! | `adjust_anchor` | `anchor`: its place in `anchors`, `to`: the balance that it should have |
//! | `wait_for_bank` | `anchor`: its place in `anchors` |
//! | `nothing` | none |
//!
//! ```json
//! {"currency":"USD","anchors":[{"date":"2026-03-01","balance":"100.00"},{"date":"2026-03-31","balance":"45.50"}],"transactions":[{"id":"t1","date":"2026-03-02","amount":"-4.50"},{"id":"t2","date":"2026-03-09","amount":"-50.00","payee":"Gym"},{"id":"t3","date":"2026-03-09","amount":"-50.00","payee":"Gym"}],"tolerance":"0.00"}
//! {"difference":"50.00","first_unexplained_date":"2026-03-09","score":19,"explanations":[{"kind":"duplicate","transactions":["t2","t3"],"amount":"50.00","date":"2026-03-09","confidence":99,"reason":"The books hold -50.00 twice on 2026-03-09, with the same text; the bank has it once.","correction":{"action":"remove_rows","transactions":["t3"]}}],"score_parts":[{"name":"balance","points":0,"of":50,"reason":"The last balance is 50.00 away from the books."},{"name":"periods","points":0,"of":30,"reason":"0 of 1 periods between two balances agree."},{"name":"explained","points":19,"of":20,"reason":"The differences are explained with 99 % confidence on average."}],"notes":[]}
//! ```
//!
//! # `health`
//!
//! | Key | What it is |
//! | --- | --- |
//! | `now` | the instant of the judgement |
//! | `connection`? | `status` (`new`, `good`, `needs_sign_in`, `consent_ends_soon`, `disconnecting`, `degraded`, `revoked`, `removed`), `consent_expires_at`? |
//! | `reconciliation`? | the latest: `score`, `at`, `difference`? |
//! | `bank_updated_at`? | when the bank last updated its data |
//! | `runs`? | syncs, in any order: `at`, `outcome` (`applied`, `not_ready`, `superseded`, `failed`, `cancelled`), `fault`? |
//! | `schedule`? | the last sync that was due: `due_at`, `ran_at`? |
//! | `frequency`? | how often it is synced, as in `schedule`: data fetched less than once a day may be older |
//! | `pending`? | the days of the pending rows |
//! | `policy`? | `HealthPolicy` |
//!
//! What is not given is not held against the account. The formula stands at `account_health`. A fault is `retry_later`,
//! `unavailable`, `not_ready`, `sign_in_again` or another name of `ProviderErrorKind`.
//!
//! ```json
//! {"now":"2026-03-04T09:00:00Z","connection":{"status":"needs_sign_in"},"reconciliation":{"score":100,"at":"2026-03-01T09:00:00Z"},"bank_updated_at":"2026-03-04T02:00:00Z","pending":["2026-03-03"]}
//! {"score":30,"level":"broken","parts":[{"factor":"reconciliation","weight":40,"points":40,"reason":"The account agrees with the bank: 100 of 100, compared 3 days ago.","action":null},{"factor":"connection","weight":27,"points":0,"reason":"The bank asks you to sign in again.","action":"sign_in_again"},{"factor":"freshness","weight":27,"points":27,"reason":"The bank's data is 7 hours old.","action":null},{"factor":"sync_success","weight":0,"points":null,"reason":"Nothing is known of it yet: there were too few syncs lately.","action":null},{"factor":"schedule","weight":0,"points":null,"reason":"It does not count: syncs are paused until you act.","action":"sign_in_again"},{"factor":"pendings","weight":6,"points":6,"reason":"No transaction has been pending for long.","action":null}],"caps":[{"fault":"needs_sign_in","at_most":30}],"recommendations":[{"action":"sign_in_again","sentence":"Sign in to your bank again so that updates can go on."}]}
//! ```
//!
//! # `account-kind`
//!
//! | Key | What it is |
//! | --- | --- |
//! | `type`? | the provider's type |
//! | `subtype`? | the provider's subtype |
//!
//! `known` is `false` for a pair that the table does not list; that is no error.
//!
//! ```json
//! {"type":"credit","subtype":"credit card"}
//! {"kind":"credit_card","class":"liability","known":true}
//! {"type":"loan","subtype":"moon landing"}
//! {"kind":"other_loan","class":"liability","known":false}
//! ```
//!
//! # `transfers`
//!
//! | Key | What it is |
//! | --- | --- |
//! | `transactions` | ROWs of all accounts of one user |
//! | `accounts`? | what is known of them: `account`, `name`?, `mask`?, `kind`? (as `account-kind` answers) |
//! | `rejected`? | pairs of two `id`s that the user said are no transfer; those with a row that is not here are passed over |
//! | `policy`? | `TransferPolicy`: `date_window_days`, `pair_from_score` |
//!
//! `from` is the row that takes the money out. Suggestions are for a person to decide.
//!
//! ```json
//! {"transactions":[{"id":"t1","account":"checking","date":"2026-08-03","amount":"-250.00","description":"Transfer to savings"},{"id":"t2","account":"savings","date":"2026-08-05","amount":"250.00"},{"id":"t3","account":"checking","date":"2026-08-05","amount":"-19.90"}],"accounts":[{"account":"savings","name":"Savings","mask":"4321","kind":"savings"}],"rejected":[["t1","t9"]]}
//! {"pairs":[{"from":"t1","to":"t2","score":97,"reasons":["as much leaves one account as enters the other","2 days apart","the text names the other account","the text speaks of a transfer"]}],"suggestions":[]}
//! ```
//!
//! # `recurring`
//!
//! | Key | What it is |
//! | --- | --- |
//! | `today` | the day of the judgement |
//! | `transactions` | ROWs |
//! | `policy`? | `RecurringPolicy`: `min_occurrences`, `ended_after_missed`, `same_text_from` |
//!
//! `period` is `weekly`, `biweekly`, `semi_monthly`, `four_weekly`, `monthly`, `every_two_months`, `quarterly`, `half_yearly` or
//! `yearly`; `status` is `early`, `active`, `late` or `ended`; `missed` counts the times it did not come lately.
//!
//! ```json
//! {"today":"2026-04-20","transactions":[{"id":"t1","date":"2026-01-15","amount":"-9.99","payee":"Stream"},{"id":"t2","date":"2026-02-15","amount":"-9.99","payee":"Stream"},{"id":"t3","date":"2026-03-15","amount":"-9.99","payee":"Stream"},{"id":"t4","date":"2026-04-15","amount":"-10.99","payee":"Stream"}]}
//! {"series":[{"transactions":["t1","t2","t3","t4"],"account":null,"currency":null,"payee":"Stream","period":"monthly","status":"active","amount":{"min":"-10.99","max":"-9.99","last":"-10.99","typical":"-9.99"},"next_expected":"2026-05-15","missed":0,"confidence":75,"reasons":["came 4 times","always on its day","the price changed once","same text"]}]}
//! ```
//!
//! # `schedule`
//!
//! | Key | What it is |
//! | --- | --- |
//! | `now` | the instant of the judgement |
//! | `frequency` | `manual`, `hourly`, `every_6_hours`, `daily`, `weekly`, `on_webhook`, `on_webhook_or_every_12_hours` |
//! | `since` | when it was linked, or its frequency was set |
//! | `status`? | as in `health`; `new` when left out |
//! | `seed`? | a whole number that spreads connections over time |
//! | `last_attempt`? | `started_at`, `ended_at`?, `fault`? (as in `health`), `retry_after_seconds`? |
//! | `failures`? | failures in a row, the last attempt included |
//! | `webhook_at`? | the newest webhook |
//! | `requested_at`? | when somebody last asked for a sync |
//! | `policy`? | `SchedulePolicy` |
//!
//! `due` is `at`, `paused` or `never`; `why` is what makes it due, or who must act; `is_due` whether it should begin now.
//!
//! ```json
//! {"now":"2026-03-04T09:05:00Z","frequency":"daily","since":"2026-03-01T08:00:00Z","status":"good","seed":7,"last_attempt":{"started_at":"2026-03-04T08:00:00Z","ended_at":"2026-03-04T08:02:00Z","fault":"unavailable"},"failures":2}
//! {"due":"at","at":"2026-03-04T08:51:27Z","why":"retry","fault":"unavailable","is_due":true}
//! ```
//!
//! # `accounts`
//!
//! | Key | What it is |
//! | --- | --- |
//! | `old` | accounts of the books: `id`, `persistent_id`?, `name`?, `official_name`?, `mask`?, `type`?, `subtype`?, `currency`?, `holder`? (`personal`, `business`) |
//! | `new` | accounts of the new link, in the same manner; `id` is optional |
//!
//! There is one answer for each new account, in order: `verdict` is `same`, `cannot_tell` or `new`. `gone` are the old accounts
//! that no new one can be.
//!
//! ```json
//! {"old":[{"id":"a1","name":"Everyday Checking","mask":"0000","type":"depository","subtype":"checking"},{"id":"a2","name":"Savings","mask":"1111","type":"depository","subtype":"savings"}],"new":[{"name":"Everyday Checking","mask":"0000","type":"depository","subtype":"checking"},{"name":"Travel Card","mask":"3333","type":"credit","subtype":"credit card"}]}
//! {"accounts":[{"new":0,"verdict":"same","candidates":[{"old":"a1","score":85,"reasons":["same last digits","same name","same kind"]}]},{"new":1,"verdict":"new","candidates":[]}],"gone":["a2"]}
//! ```

mod account_kind;
mod accounts;
mod case;
mod dedup;
mod door;
mod field;
mod health;
mod reconcile;
mod recurring;
mod row;
mod schedule;
#[cfg(test)]
mod tests;
mod transfers;
mod words;

use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

#[derive(Parser)]
#[command(about = "Judges one JSON case a line, from the standard input to the standard output")]
struct Arguments {
    /// What to judge. The keys of a case are documented at the head of examples/judge/main.rs.
    judgement: Judgement,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Judgement {
    /// What each incoming row is: new, an update, a posted version, a copy
    Dedup,
    /// Whether the books agree with the bank, and why not
    Reconcile,
    /// How an account does, and what would raise that
    Health,
    /// What a provider's type and subtype stand for
    AccountKind,
    /// Which rows are the two sides of a transfer
    Transfers,
    /// Which payments come again, and when
    Recurring,
    /// When a connection is due next
    Schedule,
    /// Which old account each account of a new link is
    Accounts,
}

impl Judgement {
    fn judge(self, line: &str) -> case::Answer {
        match self {
            Self::Dedup => dedup::judge(line),
            Self::Reconcile => reconcile::judge(line),
            Self::Health => health::judge(line),
            Self::AccountKind => account_kind::judge(line),
            Self::Transfers => transfers::judge(line),
            Self::Recurring => recurring::judge(line),
            Self::Schedule => schedule::judge(line),
            Self::Accounts => accounts::judge(line),
        }
    }
}

fn main() -> ExitCode {
    let judgement = Arguments::parse().judgement;
    // A panic is answered on its line; its trace would only stand between the answers of others.
    std::panic::set_hook(Box::new(|_| {}));
    let mut output = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let outcome = door::answer_lines(judgement, io::stdin().lock(), &mut output, door::LINE_MAX);
    let said = match &outcome {
        Ok(tally) if tally.bad == 0 => return ExitCode::SUCCESS,
        Ok(tally) => writeln!(io::stderr(), "{} of {} cases could not be judged", tally.bad, tally.cases),
        Err(error) => writeln!(io::stderr(), "error: {error}"),
    };
    if outcome.is_ok() && said.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
