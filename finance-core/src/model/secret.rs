//! Secrets: they can be passed on, but never printed.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

macro_rules! secret_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Its `Debug` shows no part of the text, which is wiped from memory when the value is dropped.
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// Takes the secret over.
            pub fn new(text: impl Into<String>) -> Self {
                Self(SecretString::from(text.into()))
            }

            /// The secret itself, for the one place that must send or seal it.
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

secret_text! {
    /// The long-lived key to one connection. It must stay on the host's own machines.
    AccessToken
}
secret_text! {
    /// The short-lived result of a finished link session, to be exchanged for an access token.
    PublicToken
}
secret_text! {
    /// The short-lived key with which an application opens the provider's link dialogue.
    LinkToken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_secret() {
        let token = AccessToken::new("access-test-not-a-secret");
        assert_eq!(format!("{token:?}"), "AccessToken(…)");
        assert_eq!(token.expose(), "access-test-not-a-secret");
    }
}
