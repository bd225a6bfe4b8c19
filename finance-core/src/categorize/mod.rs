//! Categories: a provider's known ones, the user's rules, and what the user's own choices teach.
//!
//! A category is free text. What a row shows is the user's own choice, else what a categoriser assigned, else the provider's
//! word ([`Transaction::category`](crate::Transaction::category)). Pure: the port to models and the work on what is still to be
//! categorised stand elsewhere.

mod answer;
mod decide;
mod memory;
mod policy;
mod question;
mod rules;
mod taxonomy;

pub use answer::{CATEGORY_SOURCE_CHARS_MAX, CategoryAnswer, InvalidCategory};
pub use decide::{MEMORY_SOURCE, RULE_SOURCE, RulesAndMemory};
pub use policy::{CategoryPolicy, MemoryPolicy, wait_after};
pub use question::{CategoryChoice, CategoryQuestion, MoneyDirection};
pub use rules::{CATEGORY_RULES_MAX, CategoryRule, InvalidRule, RULE_TEXT_CHARS_MAX, check_rules};
pub use taxonomy::{KnownCategory, TaxonomyVersion, category_name, known_categories, known_category};
