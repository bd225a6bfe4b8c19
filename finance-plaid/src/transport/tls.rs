use crate::error::PlaidError;

/// Gives the HTTP client its own TLS configuration: Mozilla's roots, and the crypto provider that the
/// features chose. A process-wide provider is neither needed nor set, so the host's own choice stands.
#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
pub(crate) fn with_tls(
    builder: reqwest::ClientBuilder,
    _https: bool,
) -> Result<reqwest::ClientBuilder, PlaidError> {
    use std::sync::Arc;

    #[cfg(feature = "tls-ring")]
    use rustls::crypto::ring::default_provider;

    #[cfg(not(feature = "tls-ring"))]
    use rustls::crypto::aws_lc_rs::default_provider;

    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            PlaidError::new(finance_core::ProviderErrorKind::Configuration, "TLS cannot be set up")
                .with_source(error)
        })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(builder.tls_backend_preconfigured(config))
}

/// Without a TLS feature only plain HTTP works, as to a simulator on the same machine.
#[cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc")))]
pub(crate) fn with_tls(
    builder: reqwest::ClientBuilder,
    https: bool,
) -> Result<reqwest::ClientBuilder, PlaidError> {
    if https {
        return Err(PlaidError::new(
            finance_core::ProviderErrorKind::Configuration,
            "https needs the feature `tls-ring` or `tls-aws-lc` of finance-plaid",
        ));
    }
    Ok(builder)
}
