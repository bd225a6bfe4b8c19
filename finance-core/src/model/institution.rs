//! Banks and other institutions.

use serde::{Deserialize, Serialize};

use super::InstitutionId;

/// An institution as a connection names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstitutionRef {
    /// The provider's identifier.
    pub id: InstitutionId,
    /// The name people know it by, when the provider told it.
    pub name: Option<String>,
}

/// What a provider tells of an institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Institution {
    /// The provider's identifier. One bank may own several.
    pub id: InstitutionId,
    /// The name people know it by.
    pub name: String,
    /// Upper-case ISO 3166 country codes in which it works.
    pub country_codes: Vec<String>,
    /// Whether signing in leads through the bank's own site (OAuth).
    pub oauth: bool,
    /// The institution's home page.
    pub url: Option<String>,
}
