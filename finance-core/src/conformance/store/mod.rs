//! The checks that every store passes: every sentence of the port's documentation, put to the test.

mod accounts;
mod atomicity;
mod audit;
mod categories;
mod connections;
mod edits;
mod events;
mod history;
mod known;
mod linked;
mod merges;
mod queries;
mod reconciliations;
mod removals;
mod rows;
mod runs;
mod schedules;
mod snapshot;
mod totals;
mod users;
mod views;
mod webhooks;

use std::sync::Arc;

use async_trait::async_trait;

pub use linked::Linked;
pub use snapshot::Snapshot;

use crate::Store;

/// One empty store for one check, and everything that must live as long as the store.
#[async_trait]
pub trait StoreFixture: Send + Sync {
    /// A new, empty store. Fixtures live side by side and see nothing of each other.
    async fn create() -> Self
    where
        Self: Sized;

    /// The store.
    fn store(&self) -> Arc<dyn Store>;

    /// Does what a restart of the process does to the store: closes it and opens it again. A store that keeps nothing
    /// on any disk stays as it is.
    async fn reopen(&mut self);
}

/// Declares every check once: as a public function here, and as a test in the macro for adapters. A check that is
/// written but not listed is dead code, which the compiler tells.
macro_rules! checks {
    (($dollar:tt) $($topic:ident: $($check:ident)*;)*) => {
        /// The checks one by one. Each panics with what is wrong.
        pub mod store_checks {
            use super::StoreFixture;

            $($(
                /// One check, as its name says.
                pub async fn $check(fixture: &mut dyn StoreFixture) {
                    super::$topic::$check(fixture).await;
                }
            )*)*
        }

        /// Makes one test of every check of the suite, for the [`StoreFixture`](crate::conformance::StoreFixture)
        /// named, with the attributes given. The calling crate needs tokio with the features `macros` and `rt`.
        #[macro_export]
        macro_rules! store_conformance_tests {
            ($dollar(#[$dollar attribute:meta])* $dollar fixture:ty) => {
                $($(
                    $dollar(#[$dollar attribute])*
                    #[tokio::test]
                    async fn $check() {
                        let mut fixture = <$dollar fixture as $dollar crate::conformance::StoreFixture>::create().await;
                        $dollar crate::conformance::store_checks::$check(&mut fixture).await;
                    }
                )*)*
            };
        }
    };
}

checks! {
    ($)
    connections:
        a_connection_is_stored_as_it_was_given
        a_connection_stored_again_gets_the_new_token_and_nothing_else
        a_connection_of_another_user_is_a_conflict
        connections_come_oldest_first
        a_connection_is_found_by_the_providers_name_for_it
        a_token_is_replaced
        a_connection_without_a_token_is_kept
        a_change_set_updates_the_connection
        what_a_change_set_does_not_tell_stays
        a_fault_goes_with_the_status
        every_status_and_history_is_kept
        identifiers_that_differ_in_case_differ;
    accounts:
        accounts_come_by_connection_and_appearance
        every_field_of_an_account_is_kept
        an_account_is_updated_under_its_provider_id
        an_account_that_is_gone_can_come_back
        accounts_of_two_connections_share_no_provider_id;
    users:
        nothing_of_another_user_is_found
        nothing_unknown_is_found;
    rows:
        every_field_of_a_row_is_kept
        texts_of_any_kind_are_kept
        amounts_are_kept_digit_for_digit
        days_far_away_are_kept
        raw_json_is_kept_replaced_and_removed
        an_update_keeps_the_id_the_edits_and_the_creation
        an_update_may_move_a_row_to_another_account
        a_removed_row_stays_and_revives_on_an_update
        a_removal_comes_after_the_update_of_its_row
        a_row_may_come_with_its_account
        many_rows_at_once_are_written_like_few;
    edits:
        an_edit_changes_what_it_names
        a_new_row_may_come_with_edits
        an_edit_of_what_somebody_changed_is_a_conflict
        a_corrected_amount_and_day_count_in_place_of_the_sources
        a_deleted_row_stays_deleted
        a_deletion_taken_back_does_not_undo_the_providers_removal
        edits_survive_the_posting_of_a_row
        edits_are_carried_to_another_row
        edits_of_two_rows_are_joined_value_by_value;
    known:
        known_rows_are_found_by_their_ids
        known_rows_are_told_with_state_and_digest
        a_renamed_row_is_found_under_every_id_it_had
        a_row_can_get_an_old_id_back
        many_ids_are_looked_up_at_once
        a_row_may_be_known_by_further_ids
        connections_know_only_their_own_rows;
    atomicity:
        the_cursor_moves_only_from_where_it_is_expected
        the_revision_grows_with_rows_and_status
        a_refused_change_set_leaves_nothing
        an_id_leads_to_one_row_for_good
        of_two_syncs_from_one_cursor_one_wins
        an_empty_change_set_changes_nothing
        a_restart_loses_nothing;
    queries:
        rows_come_newest_first
        pages_have_no_gap_and_no_double
        hidden_rows_leave_no_page_short
        a_page_goes_on_after_a_place_without_a_row
        a_window_includes_both_its_days
        accounts_are_chosen
        limits_from_nothing_to_everything
        only_live_rows_are_listed
        rows_are_listed_by_state_and_origin;
    views:
        rows_are_lent_as_they_are_listed
        the_rows_of_each_day_are_counted;
    totals:
        sums_are_exact
        currencies_are_summed_apart
        only_live_rows_count
        a_sum_too_long_is_refused
        what_is_posted_after_a_day_is_summed;
    runs:
        runs_come_newest_first
        every_field_of_a_run_is_kept
        a_recorded_run_sets_status_and_fault
        a_status_applied_clears_the_fault
        a_run_of_another_connection_is_refused
        recent_runs_are_so_many_of_each_connection;
    history:
        older_balances_leave_newer_ones
        balances_become_entries_when_they_are_news
        every_field_of_an_entry_is_kept
        entries_are_chosen_by_day_and_number
        a_balance_told_late_stands_at_its_instant
        a_refused_change_set_leaves_no_balance
        pending_days_are_of_live_pending_rows;
    events:
        events_tell_what_a_change_set_changed
        an_accepted_correction_is_told_as_an_entry
        a_large_change_is_told_in_portions
        a_refused_change_set_is_not_told
        events_are_numbered_user_by_user
        pruned_events_leave_their_numbers
        waiting_for_an_event_ends_when_there_is_one;
    audit:
        entries_are_kept_as_they_were_written
        a_trail_grows_as_an_unbroken_chain
        a_refused_change_set_leaves_no_entry;
    categories:
        new_rows_wait_to_be_categorised
        a_question_tells_what_is_known_of_a_row
        rows_that_need_no_category_are_passed_over
        rows_are_never_in_two_claims
        a_claim_out_of_time_is_void
        assigned_categories_are_kept_and_told
        answers_outside_a_claim_are_refused
        rows_tried_too_often_are_given_up
        rows_passed_on_wait_for_somebody_who_knows_more
        the_users_choice_wins_and_is_told
        a_worker_for_all_users_is_told_whose_rows_it_has
        new_rules_are_asked_about_every_row_without_a_category
        rules_are_kept_in_order_and_audited;
    reconciliations:
        comparisons_are_kept_and_the_latest_is_found
        a_comparison_is_told_and_named_in_the_trail
        a_statement_is_written_only_over_what_was_seen
        an_explanation_is_accepted_once_and_undone_once
        comparisons_of_other_connections_are_out_of_reach;
    schedules:
        a_connection_has_a_schedule_from_its_beginning
        every_field_of_a_schedule_is_kept
        a_schedule_is_saved_only_over_the_revision_it_was_read_at
        a_schedule_tells_the_status_of_its_connection
        due_connections_are_claimed_longest_waiting_first
        however_many_claim_at_once_those_due_longest_go_first
        no_two_claims_get_one_connection
        one_holds_a_lease_at_a_time
        a_lost_lease_can_be_neither_renewed_nor_released
        the_next_claim_is_told
        schedules_of_all_users_are_counted
        providers_are_claimed_and_counted_apart
        a_lease_of_a_clock_that_ran_ahead_holds_for_nobody
        plans_after_attempts_in_the_future_are_found;
    webhooks:
        a_remembered_webhook_is_known
        old_webhooks_are_forgotten;
    removals:
        records_are_counted
        a_removed_connection_keeps_its_records
        a_removed_connection_stays_removed
        a_removed_connection_that_is_linked_again_is_new
        an_erased_connection_leaves_nothing_and_touches_nothing
        a_forgotten_user_leaves_nothing_and_touches_nothing
        nobody_removes_what_is_another_users;
    merges:
        a_pair_of_rows_is_the_old_one_with_the_new_values
        edits_of_the_row_that_goes_are_carried_over
        an_assigned_category_goes_to_a_row_without_one
        rows_without_a_pair_move
        every_id_leads_to_the_row_that_stays
        accounts_and_what_hangs_on_them_become_one
        a_merge_tells_what_became_of_rows
        a_refused_merge_leaves_nothing;
}
