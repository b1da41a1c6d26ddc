//! The first zone of a new local stack: live, but without the records that the service asks for.
//! The reader publishes them in the role of the email administrator.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;

/// The domain of the example zone, under a real public suffix as the rules for domains require.
pub(crate) const EXAMPLE: &str = "maplehomes.com";

const TEXT: &str = "\
; The DNS of maplehomes.com, on 127.0.0.1. Append the records that the service asks for; the server
; reads this file again when it changes. Any other <domain>.zone beside it is a zone too, also an
; empty one.
$TTL 60
@    IN SOA  ns1 hostmaster 1 3600 600 86400 5
@    IN NS   ns1
@    IN NS   ns2
ns1  IN A    127.0.0.1
ns2  IN A    127.0.0.1
";

/// Makes the folder and writes the example zone.
pub(crate) fn create(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
    let path = file(folder, EXAMPLE);
    fs::write(&path, TEXT).map_err(Error::file("write", path))
}

/// The zone file of a domain.
pub(crate) fn file(folder: &Path, domain: &str) -> PathBuf {
    folder.join(format!("{domain}.zone"))
}
