//! Copying files so that the copy is on disk, whole, and known to be what was copied.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::attachments::hex;
use crate::cli::Failure;

/// The file of a backup that lists the SHA-256 of every other, as `sha256sum -c` reads it. It is
/// written last: a backup without it was not finished.
const SUMS: &str = "SHA256SUMS";

/// The files of a backup by their names in it, with the hash of each.
#[derive(Debug, Default)]
pub struct Sums(BTreeMap<String, String>);

impl Sums {
    /// Adds a file of the backup.
    pub fn add(&mut self, name: &str, hash: String) {
        self.0.insert(name.to_owned(), hash);
    }

    /// The names of all files in a folder of the backup.
    pub fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.keys().map(String::as_str).filter(move |name| name.starts_with(folder))
    }

    /// Whether the backup has a file.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Reads the list of a backup.
    pub fn read(backup: &Path) -> Result<Self, Failure> {
        let said = |why: &str| Failure::Other(format!("{}: {why}", backup.display()));
        let text = std::fs::read_to_string(backup.join(SUMS))
            .map_err(|_| said("this is no whole backup, for it has no SHA256SUMS"))?;
        let entry = |line: &str| {
            let (hash, name) = line.split_once("  ")?;
            // A name leads nowhere but into the backup.
            let plain = name.split('/').all(|part| !part.is_empty() && part != "..");
            plain.then(|| (name.to_owned(), hash.to_owned()))
        };
        let entries = text.lines().map(|line| entry(line).ok_or(()));
        let entries: Result<_, ()> = entries.collect();
        Ok(Self(entries.map_err(|()| said("its SHA256SUMS cannot be read"))?))
    }

    /// Writes the list, and makes sure that it and all it names are on disk.
    pub fn write(&self, backup: &Path) -> Result<(), Failure> {
        let lines = self.0.iter().map(|(name, hash)| format!("{hash}  {name}\n"));
        let mut file = File::create_new(backup.join(SUMS))?;
        file.write_all(lines.collect::<String>().as_bytes())?;
        file.sync_all()?;
        Ok(File::open(backup)?.sync_all()?)
    }

    /// Makes sure that every file of a backup is what was backed up.
    pub fn check(&self, backup: &Path) -> Result<(), Failure> {
        for (name, expected) in &self.0 {
            let file = backup.join(name);
            let found = hash(&file)
                .map_err(|error| Failure::Other(format!("{}: {error}", file.display())))?;
            if found != *expected {
                return Err(altered(&file));
            }
        }
        Ok(())
    }

    /// Copies a file out of a backup; refuses one that is not what was backed up.
    pub fn copy_out(&self, backup: &Path, name: &str, target: &Path) -> Result<(), Failure> {
        let hash = copy(&backup.join(name), target)?;
        if self.0.get(name) == Some(&hash) {
            return Ok(());
        }
        std::fs::remove_file(target)?;
        Err(altered(&backup.join(name)))
    }
}

fn altered(file: &Path) -> Failure {
    Failure::Other(format!("{} is not what was backed up", file.display()))
}

/// Copies a file; answers its hash. The copy has its name only once it is whole and on disk.
pub fn copy(source: &Path, target: &Path) -> Result<String, Failure> {
    let mut partial = target.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let mut into = File::create(&partial)?;
    let read = stream(&mut File::open(source)?, |bytes| into.write_all(bytes))?;
    into.sync_all()?;
    if hash(&partial)? != read {
        let target = target.display();
        return Err(Failure::Other(format!("{target} was not written as it was read")));
    }
    std::fs::rename(&partial, target)?;
    Ok(read)
}

/// The SHA-256 of a file, in hexadecimal.
pub fn hash(file: &Path) -> Result<String, Failure> {
    stream(&mut File::open(file)?, |_| Ok(()))
}

fn stream(
    from: &mut File,
    mut each: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<String, Failure> {
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        let count = from.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else {
            return Ok(hex(&hash.finalize()));
        };
        hash.update(bytes);
        each(bytes)?;
    }
}

/// The files of attachments in a folder, by their names: ids. What is still on its way in has other
/// names.
pub fn attachments(folder: &Path) -> Result<Vec<String>, Failure> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let names = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name()));
    let names = names.collect::<std::io::Result<Vec<_>>>()?.into_iter();
    let names = names.filter_map(|name| name.into_string().ok());
    Ok(names.filter(|name| Uuid::try_parse(name).is_ok()).collect())
}
