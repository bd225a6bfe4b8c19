//! Measures the judgements on real bank rows and prints a table of figures for each.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints")]

use std::io;
use std::process::ExitCode;

use end_to_end::judgements::berka::read_accounts;
use end_to_end::judgements::birmingham::read_purchases;
use end_to_end::judgements::dedup_figures::dedup_figures;
use end_to_end::judgements::reconcile_figures::{FaultFigures, reconcile_figures};
use end_to_end::judgements::recurring_figures::{read_standing_orders, recurring_figures};
use end_to_end::judgements::transfer_figures::transfer_figures;
use end_to_end::judgements::{Figure, Figures, data_folder};

const SEEDS: [u64; 3] = [1, 2, 3];
/// Rows of each account that are put wrong, for every fault.
const FAULT_ROUNDS: usize = 3;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let folder = data_folder().map_err(io::Error::other)?;
    let purchases = read_purchases(&folder)?;
    let figures = dedup_figures(&purchases, &SEEDS);
    let of = |pick: fn(&_) -> &Figure| -> Vec<Figure> {
        let picked = figures.iter().map(pick).filter(|figure| figure.tried + figure.wrong > 0);
        picked.cloned().collect()
    };
    let counted = format!("{} purchases, {} seeds", purchases.len(), SEEDS.len());
    println!("{}", Figures(&format!("Deduplication: decisions ({counted})"), &of(|case| &case.automatic)));
    println!(
        "{}",
        Figures("Deduplication: groups of identical rows keep their count", &of(|case| &case.groups))
    );
    println!("{}", Figures("Deduplication: suggestions", &of(|case| &case.suggestions)));

    let accounts = read_accounts(&folder)?;
    let figures = reconcile_figures(&accounts, FAULT_ROUNDS, SEEDS[0]);
    println!("\nReconciliation, in percent ({} accounts)\n{}", accounts.len(), FaultFigures(&figures));
    let figures = transfer_figures(&accounts, &SEEDS);
    println!("{}", Figures("Transfers between a user's own accounts", &figures));
    let orders = read_standing_orders(&folder)?;
    let figures = recurring_figures(&accounts, &orders, &purchases, &SEEDS);
    println!("{}", Figures("Recurring payments", &figures));
    Ok(())
}
