//! How an engine works: a record for each policy of finance-core, whose defaults are finance-core's own.

use pyo3::prelude::*;

use crate::choices::InBatchDedup;
use crate::errors::Failure;
use crate::operations::currency as to_currency;
use crate::record::record;
use crate::values::{Amount, Frequency, Many, MaybeCurrency, Setting, Span};

/// Says which field something is wrong with.
fn unfit<E: Into<Failure>>(field: &str) -> impl FnOnce(E) -> Failure {
    move |error| match error.into() {
        Failure::Invalid(message) => Failure::Invalid(format!("`{field}`: {message}")),
        other => other,
    }
}

/// A policy as finance-core has it: the one that was given, or its own.
pub(crate) fn policy<P, T>(given: Option<P>) -> Result<T, Failure>
where
    T: TryFrom<P, Error = Failure> + Default,
{
    given.map(TryInto::try_into).transpose().map(Option::unwrap_or_default)
}

/// How a record whose fields are all settings becomes finance-core's.
macro_rules! settings {
    ($name:ident { $($field:ident),* }) => {
        impl TryFrom<$name> for finance_core::$name {
            type Error = Failure;

            fn try_from(it: $name) -> Result<Self, Failure> {
                Ok(Self { $( $field: it.$field.try_into().map_err(unfit(stringify!($field)))? ),* })
            }
        }
    };
}

/// Makes records of policies: what is left out is as finance-core has it, and both ways lead through the fields.
macro_rules! policies {
    ($(
        $(#[$doc:meta])*
        $name:ident {
            $( $(#[$field_doc:meta])* $field:ident : $type:ty ),* $(,)?
        }
    )*) => {$(
        record! {
            $(#[$doc])*
            $name from finance_core::$name as it {
                $(
                    $(#[$field_doc])*
                    $field: $type [finance_core::$name::default().$field.into()] = it.$field.into()
                ),*
            }
        }

        impl TryFrom<$name> for finance_core::$name {
            type Error = Failure;

            fn try_from(it: $name) -> Result<Self, Failure> {
                let mut policy = Self::default();
                $( policy.$field = it.$field.try_into().map_err(unfit(stringify!($field)))?; )*
                Ok(policy)
            }
        }
    )*};
}

policies! {
    /// How an engine works. What is left out is as it is without options.
    EngineOptions {
        /// Bounds of one update.
        pager: PagerPolicy,
        /// Connections synced at once, each of which holds one whole update in memory until it is stored; and connections asked for
        /// balances at once.
        concurrent_connections: Setting,
        /// Accounts compared with the bank at once. Each holds the rows of its comparison in memory.
        concurrent_accounts: Setting,
        /// When two rows are one transaction.
        dedup: DedupPolicy,
        /// How large files may be.
        imports: ImportPolicy,
        /// How old a balance may be at institutions that only hand out balances of a stated age.
        oldest_live_balance: Span,
        /// How often connections that are linked from now on are synced, unless somebody chooses otherwise.
        frequency: Frequency,
        /// When connections are due.
        schedule: SchedulePolicy,
        /// Which events are kept.
        event_retention: EventRetention,
        /// How syncs of one connection keep out of each other's way.
        lease: LeasePolicy,
        /// Under which name leases are taken: who is told to be syncing a connection.
        name: String,
        /// How much listeners are told.
        progress: ProgressPolicy,
        /// How the health of accounts is judged.
        health: HealthPolicy,
        /// Which runs statistics look at.
        status: StatusPolicy,
        /// How rows are categorised.
        categories: CategoryPolicy,
    }

    /// Bounds of fetching one update.
    PagerPolicy {
        /// Rows asked for a page: 1 to 500. Large pages make a change of data while paging rarer.
        page_size: Setting,
        /// Pages of one update at the most. Reaching it is a failure, never a silent end.
        max_pages: Setting,
        /// How often one update may begin again because the data changed while it was paged.
        max_restarts: Setting,
    }

    /// When two rows are one transaction.
    DedupPolicy {
        /// How many days a file's or a re-linked row may lie from the stored row of the same amount.
        date_window_days: Setting,
        /// How many days before the posted row its pending row may lie when no link names it.
        pending_window_days_back: Setting,
        /// Whether a pending row must not be dated after the posted row that replaces it.
        pending_backward_only: bool,
        /// Whether two rows of one source whose identifiers differ are always two transactions.
        strict_ids: bool,
        /// Whether a row of one provider may match a row of another.
        cross_provider: bool,
        /// What becomes of incoming rows that are identical to each other.
        in_batch_dedup: InBatchDedup,
        /// Whether a row that the user deleted comes back when it is imported again.
        reimport_deleted: bool,
    }

    /// How large files may be.
    ImportPolicy {
        /// Bytes at the most. Reading takes several times the memory.
        bytes_max: Setting,
        /// Rows at the most.
        rows_max: Setting,
    }

    /// When connections are due.
    SchedulePolicy {
        /// No attempt begins earlier than this after the end of the last one, whoever asks; in seconds.
        gap_seconds: Setting,
        /// Over how much of their period connections of the same age are spread, in percent up to 100.
        jitter_percent: Setting,
        /// How much shorter than the whole wait a connection's wait after a fault may be, in percent up to 100.
        retry_jitter_percent: Setting,
        /// After passing faults and rate limits.
        short: BackOff,
        /// While the bank or the provider is out.
        long: BackOff,
        /// While the provider has no data ready.
        data: BackOff,
        /// After faults of a program, which do not pass by themselves.
        slow: BackOff,
        /// A wait named by the provider is kept to up to this, in seconds.
        retry_after_cap_seconds: Setting,
    }

    /// Which events are kept.
    EventRetention {
        /// How long every event is kept. A listener that stays away for longer has to read the books anew.
        keep_for: Span,
        /// How many of a user's newest events are kept, however old they are.
        keep_newest: Setting,
    }

    /// How syncs of one connection keep out of each other's way.
    LeasePolicy {
        /// How long a lease holds unless it is renewed; at least a second, at most a day.
        term: Span,
        /// How long a sync waits for another one of the same connection to end.
        patience: Span,
        /// How often it looks whether one of another process has ended.
        look_every: Span,
    }

    /// How much listeners are told.
    ProgressPolicy {
        /// Pages of one connection are told no sooner after each other than this.
        between_pages: Span,
    }

    /// How the health of accounts is judged.
    HealthPolicy {
        /// What each part weighs.
        weights: HealthWeights,
        /// The highest score with each hard fault.
        caps: HealthCaps,
        /// How much of its score a reconciliation is still worth at its age.
        reconciliation_age: AgeScale,
        /// What the bank's data is worth at its age, synced once a day or more often.
        data_age: AgeScale,
        /// What a late sync is worth.
        lateness: AgeScale,
        /// The percent that a connection in each state earns.
        states: StatePercents,
        /// Below this score of the reconciliation the account counts as unreconciled.
        unreconciled_below: Setting,
        /// Consent that ends within so many days counts as ending soon, whatever the connection's status says.
        consent_ends_soon_days: Setting,
        /// How many of the latest runs count.
        runs_max: Setting,
        /// With fewer runs than this that went well or failed, their success is not judged.
        runs_min: Setting,
        /// Runs older than this many days do not count.
        runs_age_max_days: Setting,
        /// A row that has been pending for more than so many days is stale.
        pending_stale_days: Setting,
        /// A row that has been pending for more than so many days will not post: the part earns nothing.
        pending_lost_days: Setting,
        /// The percent that each stale row costs.
        pending_stale_percent: Setting,
        /// There is no score while less is judged than this percent of the weights of an account of its kind.
        judged_weight_min: Setting,
        /// From this score on the level is good.
        good_from: Setting,
        /// From this score on the level is fair.
        fair_from: Setting,
        /// From this score on the level is poor; below, broken.
        poor_from: Setting,
    }

    /// What each part of a health score weighs against the others. A part of weight 0 is switched off.
    HealthWeights {
        /// Whether books and bank agree.
        reconciliation: Setting,
        /// Whether the connection works.
        connection: Setting,
        /// How old the bank's data is.
        freshness: Setting,
        /// How many of the recent syncs went well.
        sync_success: Setting,
        /// Whether the last sync that was due ran in time.
        schedule: Setting,
        /// Whether rows have been pending for too long.
        pendings: Setting,
    }

    /// The highest health score with each hard fault.
    HealthCaps {
        /// The connection was removed at the provider.
        removed: Setting,
        /// Access was withdrawn.
        revoked: Setting,
        /// The user must sign in again, or the consent has ended.
        needs_sign_in: Setting,
        /// The bank's data is older than the last step of `HealthPolicy.data_age`.
        stale_data: Setting,
        /// The reconciliation scored below `HealthPolicy.unreconciled_below`.
        unreconciled: Setting,
        /// Syncs are paused until the operator or the provider mends a fault.
        sync_paused: Setting,
        /// The institution will disconnect soon.
        disconnecting: Setting,
        /// The user's consent ends soon.
        consent_ends_soon: Setting,
    }

    /// The percent that a connection earns by its state. A new one is not judged; one that needs the user earns nothing.
    StatePercents {
        /// The last sync went well.
        good: Setting,
        /// The user's consent ends soon.
        consent_ends_soon: Setting,
        /// The institution will disconnect soon.
        disconnecting: Setting,
        /// The institution or the provider is not answering for now, or syncs are paused by a fault that is not the user's to mend.
        degraded: Setting,
    }

    /// Which runs statistics look at.
    StatusPolicy {
        /// How many of a connection's latest runs count at the most.
        runs_max: Setting,
        /// Runs that ended longer ago than this many days do not count.
        runs_age_max_days: Setting,
        /// With fewer runs than this that went well or failed, the quality of a connection is not judged.
        runs_min: Setting,
        /// From this percent of good runs on the quality is good.
        good_from_percent: Setting,
        /// From this percent of good runs on the quality is fair; below, poor.
        fair_from_percent: Setting,
    }

    /// How rows are categorised.
    CategoryPolicy {
        /// Rows of a batch at the most; a batch of 0 is one of 1.
        batch: Setting,
        /// How long a categoriser may take over a batch.
        time_per_batch: Span,
        /// How long a sync may be held up by the categoriser; what is left over then waits for the next one. Zero categorises nothing
        /// after a sync.
        time_after_sync: Span,
        /// How long a batch belongs to whoever claimed it.
        lease: Span,
        /// How often a row is handed out; one that got no answer by then is given up.
        attempts: Setting,
        /// How long rows wait after a failed attempt. Each further failure makes it four times as long.
        wait_after_failure: Span,
        /// How long syncs leave a categoriser alone that failed or took too long.
        rest_after_failure: Span,
        /// What is learned from the user's choices.
        memory: MemoryPolicy,
    }

    /// How the user's own choices become an answer for other rows.
    MemoryPolicy {
        /// How many of the user's choices are looked at, the latest first.
        choices: Setting,
        /// How many choices for the same merchant or text count, the latest first.
        choices_per_key: Setting,
        /// What is less sure than this is no answer.
        confidence_least: Setting,
    }
}

policies! {
    /// How closely books and bank must agree, and how far to look for the reasons of a difference.
    ReconcilePolicy {
        /// The account's currency: rows in another are not counted but told. `None` counts every row; where an engine compares, it is the
        /// account's own.
        currency: MaybeCurrency,
        /// A difference of at most this much between two anchors is none. Zero or more.
        tolerance: Amount,
        /// The rounding that a bank may carry from one balance to the next: twice this is allowed between two anchors, and more the longer
        /// they lie apart. Zero or more; `of_currency` knows what is usual.
        drift_step: Amount,
        /// Whether the books count pending rows. Banks' current balances mostly leave them out.
        count_pending: bool,
        /// How many days a row may lie from the anchor that it is suspected to have crossed.
        moved_days: Setting,
        /// How many days two copies of one transaction may lie apart.
        duplicate_days: Setting,
        /// The most explanations to return.
        max_explanations: Setting,
    }

    /// What makes two rows the two sides of a transfer.
    TransferPolicy {
        /// How many days the two sides may lie apart.
        date_window_days: Setting,
        /// The score from which a pair is certain; below it, it is a suggestion.
        pair_from_score: Setting,
    }

    /// What makes rows a payment that comes again.
    RecurringPolicy {
        /// How many rows make a series. With 2, a pair of equal amounts whose next day is still to come is shown early.
        min_occurrences: Setting,
        /// After how many times of not coming a series counts as ended.
        ended_after_missed: Setting,
        /// How alike two texts are, 0 to 100, to be of one merchant.
        same_text_from: Setting,
    }
}

#[pymethods]
impl ReconcilePolicy {
    /// The defaults for an account in this currency: the drift step is ten of its minor units, and nothing for a code that ISO 4217 does
    /// not list.
    #[staticmethod]
    fn of_currency(currency: &str) -> Result<Self, Failure> {
        Ok(finance_core::ReconcilePolicy::of_currency(to_currency(currency)?).into())
    }
}

record! {
    /// A wait that doubles with every failure in a row.
    BackOff from finance_core::BackOff as it {
        /// The wait after the first failure, in seconds.
        first_seconds: Setting = it.first_seconds.into(),
        /// The longest wait, in seconds.
        cap_seconds: Setting = it.cap_seconds.into(),
    }
}

settings!(BackOff { first_seconds, cap_seconds });

record! {
    /// What something is worth at its age, in steps.
    AgeScale from finance_core::AgeScale as it {
        /// The steps; the first one whose bound is not exceeded counts.
        steps: Many<AgeStep> = Many::of(it.steps),
        /// The percent beyond all steps.
        beyond_percent: Setting = it.beyond_percent.into(),
    }
}

impl TryFrom<AgeScale> for finance_core::AgeScale {
    type Error = Failure;

    fn try_from(it: AgeScale) -> Result<Self, Failure> {
        let steps = it.steps.0.into_iter().map(TryInto::try_into).collect::<Result<_, _>>();
        Ok(Self {
            steps: steps.map_err(unfit("steps"))?,
            beyond_percent: it.beyond_percent.try_into().map_err(unfit("beyond_percent"))?,
        })
    }
}

record! {
    /// One step of an `AgeScale`.
    AgeStep from finance_core::AgeStep as it {
        /// Up to and including this many hours.
        hours_max: Setting = it.hours_max.into(),
        /// The percent it is worth.
        percent: Setting = it.percent.into(),
    }
}

settings!(AgeStep { hours_max, percent });
