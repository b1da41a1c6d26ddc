//! Finds import circles among the files of a crate: files that cannot be read, moved or tested one
//! without the other.
//!
//! # The rule
//!
//! A file imports another file of its crate if its code, except tests, names an item that the other
//! file defines. Cargo allows no circle between crates, so each crate is checked separately.
//!
//! | what | counts as an import of |
//! | --- | --- |
//! | `use a::b::Item`, and a path `a::b::Item` in code, in an attribute or in the arguments of a macro | the file that defines `Item`, through every re-export on the way |
//! | `use a::b::*` | the file of the module `b` |
//! | `use a::b`, where `b` is a module | nothing; the paths that begin with `b::` do |
//! | `mod b;` | nothing: a parent has to declare its children |
//! | `pub use b::Item`, `pub(crate) use b::Item` | nothing, if the file only hands the item on; the file that defines `Item`, if its own code names it as well |
//! | what is behind `#[cfg(test)]` or `#[test]`; links in comments; strings | nothing |
//!
//! So a parent may declare a child and re-export its items, and the child may use the parent's
//! types. It is a circle if the parent's own code uses the child's items and the child uses the
//! parent's items.
//!
//! Not detected: calls of methods, which need no import; names that a macro generates; items that a
//! macro other than `macro_rules!` defines. If a method or a macro hides an import, a circle can be
//! missed. Every reported circle exists.

mod graph;
mod module;
mod resolve;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use graph::shortest_circles;
use module::Crate;

/// The source files of a crate by their paths, which end in `src/lib.rs`, `src/names/mod.rs` and so
/// on.
pub type Sources = BTreeMap<PathBuf, String>;

/// Why the sources cannot be checked.
#[derive(Debug)]
pub enum Error {
    /// A file or a folder cannot be read.
    Io(PathBuf, io::Error),
    /// A file is not valid Rust.
    Syntax(PathBuf, syn::Error),
    /// The file of a module that is declared here is not among the sources.
    NoFile {
        /// The module.
        module: String,
        /// The file that declares it.
        declared_in: PathBuf,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Syntax(path, error) => write!(f, "{}: {error}", path.display()),
            Self::NoFile {
                module,
                declared_in,
            } => write!(
                f,
                "{}: there is no file of the module {module}",
                declared_in.display()
            ),
        }
    }
}

impl std::error::Error for Error {}

/// The imports between files, with the names of the items.
pub type Imports = BTreeMap<(PathBuf, PathBuf), BTreeSet<String>>;

/// Files that each import the next one; the last one imports the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circle {
    /// The files, with the names of the items that each imports from the next one.
    pub files: Vec<(PathBuf, BTreeSet<String>)>,
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let next = self.files.iter().cycle().skip(1);
        for ((file, names), (other, _)) in self.files.iter().zip(next) {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let (file, other) = (file.display(), other.display());
            writeln!(f, "  {file} imports {} from {other}", names.join(", "))?;
        }
        Ok(())
    }
}

/// The crates below a folder: the folders with a `Cargo.toml` and a `src`.
pub fn crates_below(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    if folder.join("Cargo.toml").is_file() && folder.join("src").is_dir() {
        found.push(folder.to_owned());
    }
    for entry in entries(folder)? {
        let is_hidden = entry
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let skipped = ["src", "target", "tests"]
            .iter()
            .any(|name| entry.ends_with(name));
        if entry.is_dir() && !is_hidden && !skipped {
            found.extend(crates_below(&entry)?);
        }
    }
    found.sort();
    Ok(found)
}

/// Reads the sources of the crate in `folder`. Their paths begin with the folder's.
pub fn read(folder: &Path) -> Result<Sources, Error> {
    let mut sources = Sources::new();
    read_into(&folder.join("src"), &mut sources)?;
    Ok(sources)
}

fn read_into(folder: &Path, sources: &mut Sources) -> Result<(), Error> {
    for path in entries(folder)? {
        if path.is_dir() {
            read_into(&path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).map_err(|error| Error::Io(path.clone(), error))?;
            sources.insert(path, text);
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |error| Error::Io(folder.to_owned(), error);
    fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect()
}

/// The imports by the rule of this crate's documentation. The library and the program of a crate
/// (`lib.rs` and `main.rs`) are checked separately.
pub fn imports(sources: &Sources) -> Result<Imports, Error> {
    let mut imports = Imports::new();
    for root in ["src/lib.rs", "src/main.rs"] {
        for path in sources.keys().filter(|path| path.ends_with(root)) {
            resolve::imports(&Crate::parse(path, sources)?, &mut imports);
        }
    }
    Ok(imports)
}

/// The circles among the files: the shortest one in each connected group.
pub fn circles(sources: &Sources) -> Result<Vec<Circle>, Error> {
    Ok(shortest_circles(&imports(sources)?))
}
