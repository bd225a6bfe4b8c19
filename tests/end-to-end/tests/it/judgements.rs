//! The judgements hold their bars on real bank rows.

use std::collections::HashMap;

use end_to_end::judgements::berka::read_accounts;
use end_to_end::judgements::birmingham::read_purchases;
use end_to_end::judgements::data_folder;
use end_to_end::judgements::dedup_figures::{CaseFigures, dedup_figures};
use end_to_end::judgements::reconcile_figures::{FaultFigure, reconcile_figures};

/// Seeds that the printed figures do not use.
const SEEDS: [u64; 2] = [11, 12];

fn cases() -> Vec<CaseFigures> {
    let purchases = read_purchases(&data_folder().unwrap()).unwrap();
    dedup_figures(&purchases, &SEEDS)
}

/// Whether days, amounts or texts were put wrong by chance, so that now and then nothing tells which of two equal purchases
/// is meant, or whether one is new.
fn is_told_by_chance(case: &str) -> bool {
    ["no link", "without a link", "reworded", "through a re-link", "by hand"]
        .iter()
        .any(|part| case.contains(part))
}

/// Of all faults that the data tell, for each choice of known balances and texts.
#[test]
#[ignore = "needs FINANCE_DATA, the folder of real bank rows"]
fn by_finance_data_reconciliation_holds_its_bars() {
    let accounts = read_accounts(&data_folder().unwrap()).unwrap();
    let figures = reconcile_figures(&accounts, 1, 31);
    let accused: Vec<_> = figures.iter().filter(|figure| figure.accused > 0).collect();
    assert!(accused.is_empty(), "clean ledgers are accused: {accused:#?}");

    let mut known: HashMap<&str, FaultFigure> = HashMap::new();
    for figure in &figures {
        let (fault, setting) = figure.case.split_once(", ").unwrap();
        // Over all the time at once two faults mostly tell no more than their sum.
        if fault != "clean" && !(fault == "two faults" && setting.starts_with("Ends")) {
            let key = if fault == "two faults" { figure.case.as_str() } else { setting };
            let sum = known.entry(key).or_default();
            sum.tellable += figure.tellable;
            sum.first += figure.first;
            sum.among_three += figure.among_three;
        }
    }
    assert_eq!(known.len(), 10, "{known:#?}");
    for (setting, sum) in known {
        let reaches = |found: usize, of_thousand: usize| found * 1000 >= sum.tellable * of_thousand;
        let (first, among_three) = if setting.starts_with("two") { (0, 850) } else { (970, 995) };
        assert!(sum.tellable >= 100, "{setting}: too few were tried: {sum:?}");
        assert!(reaches(sum.first, first) && reaches(sum.among_three, among_three), "{setting}: {sum:?}");
    }
}

#[test]
#[ignore = "needs FINANCE_DATA, the folder of real bank rows"]
fn by_finance_data_deduplication_holds_its_bars() {
    let mut off = Vec::new();
    let (mut suggested, mut wrong) = (0, 0);
    for CaseFigures { automatic, groups, suggestions } in cases() {
        if !automatic.is_precise(9995) || !automatic.is_complete(9900) {
            off.push(format!("{automatic:?}"));
        }
        if !groups.is_complete(if is_told_by_chance(&groups.case) { 9600 } else { 10_000 }) {
            off.push(format!("{groups:?}"));
        }
        if suggestions.tried > 0
            && (!suggestions.is_complete(8000) || suggestions.wrong * 5 > suggestions.right)
        {
            off.push(format!("{suggestions:?}"));
        }
        suggested += suggestions.right;
        wrong += suggestions.wrong;
    }
    assert!(suggested > 0, "nothing was tried");
    assert!(wrong * 5 <= suggested, "{wrong} wrong suggestions for {suggested} right ones in all");
    assert!(off.is_empty(), "{}", off.join("\n"));
}
