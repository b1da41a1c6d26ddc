//! Reads the zone files, and reads changed files again.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hickory_proto::rr::Name;
use tokio::time::Instant;

use super::master_file;
use super::zone::{Zone, Zones};

/// For this time after a change, a file is compared by content: two writes within one tick of the
/// file system's clock have the same time stamp.
const SETTLING: Duration = Duration::from_secs(2);

/// A mistake in a zone file that a person should correct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneProblem {
    /// The file.
    pub file: PathBuf,
    /// The mistake, with its line if there is one.
    pub message: String,
    /// Whether the file as a whole cannot be served. Then its last good version is served, if there
    /// is one.
    pub fatal: bool,
}

impl std::fmt::Display for ZoneProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.message)
    }
}

/// The folder and what was last read from it.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    server: IpAddr,
    files: HashMap<PathBuf, ZoneFile>,
    serial: u32,
}

#[derive(Debug)]
struct ZoneFile {
    stamp: (SystemTime, u64),
    content: u64,
    settles_at: Instant,
    zone: Option<Arc<Zone>>,
    problem: Option<ZoneProblem>,
}

impl Folder {
    pub(crate) fn new(path: PathBuf, server: IpAddr) -> Self {
        Self {
            path,
            server,
            files: HashMap::new(),
            serial: 0,
        }
    }

    /// Checks every file, reads the changed ones, and returns the zones if any has changed.
    ///
    /// A file that cannot be read or understood keeps its last good version.
    pub(crate) fn scan(&mut self, now: Instant) -> io::Result<Option<Zones>> {
        let mut changed = false;
        let present = self.list()?;
        self.files.retain(|path, _| {
            let stays = present.contains_key(path);
            changed |= !stays;
            stays
        });
        for (path, stamp) in present {
            let known = self.files.get(&path);
            if known.is_some_and(|file| file.stamp == stamp && now >= file.settles_at) {
                continue;
            }
            let text = match std::fs::read(&path) {
                Ok(text) => text,
                // Deleted since it was listed: the next scan notices that.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    tracing::warn!(file = %path.display(), %error, "a zone file cannot be read");
                    continue;
                }
            };
            let content = hash(&text);
            if let Some(file) = self.files.get_mut(&path)
                && file.content == content
            {
                if file.stamp != stamp {
                    file.stamp = stamp;
                    file.settles_at = now + SETTLING;
                }
                continue;
            }
            changed = true;
            self.serial += 1;
            let last_good = self.files.get(&path).and_then(|file| file.zone.clone());
            let (zone, problem) = load(&path, &text, self.server, self.serial);
            if let Some(problem) = &problem {
                tracing::warn!(file = %path.display(), fatal = problem.fatal, "{}", problem.message);
            }
            let file = ZoneFile {
                stamp,
                content,
                settles_at: now + SETTLING,
                zone: zone.or(last_good),
                problem,
            };
            self.files.insert(path, file);
        }
        if !changed {
            return Ok(None);
        }
        // In the order of their names, so that two files of one zone always merge in the same way.
        let mut files: Vec<_> = self.files.iter().collect();
        files.sort_by_key(|(path, _)| path.as_path());
        let zones = Zones::new(files.iter().filter_map(|(_, file)| file.zone.clone()));
        tracing::debug!(zones = zones.len(), "read the zone files");
        Ok(Some(zones))
    }

    /// The present problems of the files.
    pub(crate) fn problems(&self) -> Vec<ZoneProblem> {
        let mut problems: Vec<_> = self
            .files
            .values()
            .filter_map(|file| file.problem.clone())
            .collect();
        problems.sort_by(|a, b| a.file.cmp(&b.file));
        problems
    }

    fn list(&self) -> io::Result<HashMap<PathBuf, (SystemTime, u64)>> {
        let entries = match std::fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HashMap::new()),
            Err(error) => return Err(error),
        };
        let mut files = HashMap::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "zone") {
                continue;
            }
            // Follows symbolic links; a file that was just deleted is not an error.
            if let Ok(metadata) = std::fs::metadata(&path)
                && metadata.is_file()
            {
                let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                files.insert(path, (modified, metadata.len()));
            }
        }
        Ok(files)
    }
}

fn load(
    path: &Path,
    text: &[u8],
    server: IpAddr,
    serial: u32,
) -> (Option<Arc<Zone>>, Option<ZoneProblem>) {
    let problem = |message: String, fatal| {
        Some(ZoneProblem {
            file: path.to_path_buf(),
            message,
            fatal,
        })
    };
    let Some(file_zone) = zone_name(path) else {
        let message = "the file's name should be the zone's: `example.com.zone`".to_owned();
        return (None, problem(message, true));
    };
    match master_file::parse(text, &file_zone) {
        Err(error) => (None, problem(error.to_string(), true)),
        Ok(file) => {
            let (zone, outside) = Zone::new(file, server, serial);
            let warning = outside.first().and_then(|first| {
                let message = format!(
                    "{} record(s) outside the zone `{}` are ignored, the first is `{first}`",
                    outside.len(),
                    zone.origin()
                );
                problem(message, false)
            });
            (Some(Arc::new(zone)), warning)
        }
    }
}

/// The zone that a file is named after.
fn zone_name(path: &Path) -> Option<Name> {
    let stem = path.file_stem()?.to_str()?;
    let mut name = Name::from_ascii(stem).ok()?;
    name.set_fqdn(true);
    Some(name)
}

fn hash(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
