//! The judgements of the library, for anyone's own file: one case a line in, one answer a line out, both JSON.
//!
//! ```text
//! cargo run --release --example judge -- dedup < in.jsonl > out.jsonl
//! ```
//!
//! | Judgement | What it answers |
//! | --- | --- |
//! | `dedup` | what each incoming row is: new, an update, a posted version, a copy |
//! | `account-kind` | what a provider's type and subtype stand for |
//!
//! # In all of them
//!
//! - Amounts are decimal strings in our sign: **positive is money into the account, negative is money out of it**. A JSON number is
//!   taken, too, digit for digit. 28 significant digits fit.
//! - Days are strings such as `"2026-03-31"`.
//! - Identifiers (`id`, `account`, `connection`) are strings or numbers and come back exactly as they were written; `1` and
//!   `"1"` are two.
//! - `null` is the same as leaving an optional key out. Keys that are not listed are passed over, but for those of a policy.
//! - Empty lines are passed over. A line that cannot be judged gets an answer that says where and why, and the next line is
//!   answered as if nothing had been. How many there were is said on the standard error at the end.
//!
//! ```json
//! {"error":"line 3: incoming[2].amount: \"12,5\" is not a decimal amount: write it as \"12.5\"","line":3,"field":"incoming[2].amount"}
//! ```
//!
//! # ROW
//!
//! | Key | What it is |
//! | --- | --- |
//! | `id` | the caller's name of the row; optional only where said |
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
//! | `incoming` | ROWs to judge; `id` is optional |
//! | `policy`? | any of `date_window_days`, `pending_window_days_back`, `pending_backward_only`, `strict_ids`, `cross_provider`, `in_batch_dedup` (`none`, `occurrence`, `content`), `reimport_deleted` |
//!
//! There is one decision for each incoming row, in order. `action` is `insert`, `update`, `upgrade_pending`, `match`,
//! `duplicate_of_incoming` or `ignore`; `existing` names the stored row concerned, `of` the place of the incoming row that this
//! one copies; `score` goes from 0 to 100. Suggestions are for a person to look at: nothing was done about them.
//!
//! ```json
//! {"existing":[],"incoming":[{"date":"2026-03-31","amount":"-12.50","payee":"Corner Bakery"}]}
//! {"decisions":[{"incoming":0,"action":"insert","existing":null,"of":null,"score":100,"reasons":["nothing alike is stored"]}],"suggestions":[]}
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

mod account_kind;
mod case;
mod dedup;
mod door;
mod field;
mod row;
#[cfg(test)]
mod tests;

use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

#[derive(Parser)]
#[command(about = "Judges one JSON case a line, from the standard input to the standard output")]
struct Arguments {
    /// What to judge. The keys of a case are documented at the head of examples/judge/main.rs.
    judgement: Judgement,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Judgement {
    /// What each incoming row is: new, an update, a posted version, a copy.
    Dedup,
    /// What a provider's type and subtype stand for.
    AccountKind,
}

impl Judgement {
    fn judge(self, line: &str) -> case::Answer {
        match self {
            Self::Dedup => dedup::judge(line),
            Self::AccountKind => account_kind::judge(line),
        }
    }
}

fn main() -> ExitCode {
    let judgement = Arguments::parse().judgement;
    let mut output = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let outcome = door::answer_lines(judgement, io::stdin().lock(), &mut output, door::LINE_MAX);
    let said = match &outcome {
        Ok(tally) if tally.bad == 0 => return ExitCode::SUCCESS,
        Ok(tally) => writeln!(io::stderr(), "{} of {} cases could not be judged", tally.bad, tally.cases),
        Err(error) => writeln!(io::stderr(), "error: {error}"),
    };
    if outcome.is_ok() && said.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
