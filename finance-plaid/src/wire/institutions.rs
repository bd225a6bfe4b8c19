use serde::{Deserialize, Serialize};

use super::null_as_empty;

#[derive(Serialize)]
pub(crate) struct InstitutionRequest<'a> {
    pub(crate) institution_id: &'a str,
    pub(crate) country_codes: &'a [String],
    pub(crate) options: InstitutionOptions,
}

#[derive(Serialize)]
pub(crate) struct InstitutionOptions {
    pub(crate) include_optional_metadata: bool,
}

/// The answer of `/institutions/get_by_id`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct InstitutionAnswer {
    /// The institution asked for.
    pub institution: Institution,
    /// Plaid's number of the request.
    pub request_id: Option<String>,
}

/// A bank or other institution. One bank may own several.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Institution {
    /// Plaid's identifier, `ins_…`.
    pub institution_id: String,
    /// The name people know it by.
    pub name: String,
    /// What Plaid offers for it.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub products: Vec<String>,
    /// Upper-case ISO 3166 codes of where it works.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub country_codes: Vec<String>,
    /// Whether signing in leads through the bank's own site.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub oauth: bool,
    /// The home page.
    pub url: Option<String>,
    /// The brand colour, `#rrggbb`.
    pub primary_color: Option<String>,
    /// The logo: a PNG in base64.
    pub logo: Option<String>,
}
