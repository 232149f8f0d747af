//! Whom an encrypted connection trusts.

use crate::error::Error;
use std::path::PathBuf;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// Mozilla's authorities, which are compiled in; or those in the file that `SSL_CERT_FILE` names, as networks with an
/// inspecting proxy need.
///
/// # Errors
/// When that file cannot be read or holds no certificate.
pub(super) fn config() -> Result<TlsConfig, Error> {
    let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) else {
        return Ok(TlsConfig::default());
    };
    let path = PathBuf::from(path);
    let wrong = |problem: String| Error::new(format!("SSL_CERT_FILE: {}", path.display()), problem);
    let pem = std::fs::read(&path).map_err(|e| wrong(format!("cannot read: {e}")))?;
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    match certificates.is_empty() {
        true => Err(wrong("holds no certificate".into())),
        false => Ok(TlsConfig::builder()
            .root_certs(RootCerts::from(certificates))
            .build()),
    }
}
