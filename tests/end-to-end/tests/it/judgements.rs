//! The judgements hold their bars on real bank rows.

use end_to_end::judgements::birmingham::read_purchases;
use end_to_end::judgements::data_folder;
use end_to_end::judgements::dedup_figures::{CaseFigures, dedup_figures};

/// Seeds that the printed figures do not use.
const SEEDS: [u64; 2] = [11, 12];

fn cases() -> Vec<CaseFigures> {
    let purchases = read_purchases(&data_folder().unwrap()).unwrap();
    dedup_figures(&purchases, &SEEDS)
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
        if groups.right < groups.tried {
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
