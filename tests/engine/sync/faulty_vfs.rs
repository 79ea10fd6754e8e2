//! SQLite's own way to the disk, whose reads and opens fail where a test wants it.
//!
//! It is a copy of the platform's `sqlite3_vfs` (<https://sqlite.org/vfs.html>) with an `xOpen` that gives files below
//! one folder an `xRead` of ours; every other file and call is untouched.

#![allow(unsafe_code)]

use std::{
    collections::BTreeMap,
    ffi::{CStr, c_char, c_int, c_void},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, Once, OnceLock, PoisonError,
        atomic::{AtomicI64, AtomicPtr, Ordering},
    },
};

use rusqlite::ffi;

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fails {
    /// A read, with this code of SQLite.
    Read(c_int),
    /// An open: too many files are open.
    Open,
}

struct Armed {
    folder: PathBuf,
    fails: Fails,
}

type Read = unsafe extern "C" fn(*mut ffi::sqlite3_file, *mut c_void, c_int, i64) -> c_int;

static ARMED: Mutex<Option<Armed>> = Mutex::new(None);
static SEEN: AtomicI64 = AtomicI64::new(0);
static AT: AtomicI64 = AtomicI64::new(0);
static PLATFORM: AtomicPtr<ffi::sqlite3_vfs> = AtomicPtr::new(std::ptr::null_mut());
static PLATFORM_READ: OnceLock<Read> = OnceLock::new();
/// The copies of the platform's tables of methods, by their addresses.
static TABLES: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

/// As long as it lives, the operation with its number fails, once, in files below its folder; other tests wait.
pub struct Fault(#[expect(dead_code, reason = "held until dropped")] MutexGuard<'static, ()>);

impl Fault {
    /// The operation with the number `at` fails; 0: none does.
    pub fn below(folder: &Path, fails: Fails, at: i64) -> Self {
        static ONE: Mutex<()> = Mutex::new(());
        static INSTALL: Once = Once::new();
        INSTALL.call_once(install);
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        SEEN.store(0, Ordering::SeqCst);
        AT.store(at, Ordering::SeqCst);
        *lock(&ARMED) = Some(Armed { folder: folder.to_owned(), fails });
        Self(one)
    }

    /// How many such operations there were.
    pub fn seen(&self) -> i64 {
        SEEN.load(Ordering::SeqCst)
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        *lock(&ARMED) = None;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts one operation; whether it is the one that fails.
fn is_turn() -> bool {
    SEEN.fetch_add(1, Ordering::SeqCst) + 1 == AT.load(Ordering::SeqCst)
}

fn install() {
    // SAFETY: the default VFS lives as long as the process; its copy is leaked, so that it does, too, and SQLite takes it
    // only through the pointer that is registered.
    unsafe {
        let platform = ffi::sqlite3_vfs_find(std::ptr::null());
        PLATFORM.store(platform, Ordering::SeqCst);
        let copy = Box::leak(Box::new(*platform));
        copy.pNext = std::ptr::null_mut();
        copy.zName = c"faulty".as_ptr();
        copy.xOpen = Some(open);
        assert_eq!(ffi::sqlite3_vfs_register(copy, 1), ffi::SQLITE_OK);
    }
}

unsafe extern "C" fn open(
    _vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let platform = PLATFORM.load(Ordering::SeqCst);
    // SAFETY: a name that is not null ends with a zero byte (xOpen's contract).
    let name_text = (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned());
    let fails = {
        let armed = lock(&ARMED);
        let ours = |armed: &&Armed| {
            name_text.as_ref().is_some_and(|name| Path::new(name).starts_with(&armed.folder))
        };
        armed.as_ref().filter(ours).map(|armed| armed.fails)
    };
    if fails == Some(Fails::Open) && is_turn() {
        // SAFETY: SQLite closes a file after a failed open only where it has methods (xOpen's contract).
        unsafe { (*file).pMethods = std::ptr::null() };
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: SQLite's own arguments, to the VFS whose size of a file the copy has.
    let code = unsafe { (*platform).xOpen.unwrap()(platform, name, file, flags, out) };
    if code == ffi::SQLITE_OK && matches!(fails, Some(Fails::Read(_))) {
        // SAFETY: an open that succeeded has set the methods, a table that is never freed.
        unsafe { (*file).pMethods = patched((*file).pMethods) };
    }
    code
}

/// A copy of the table whose reads are ours.
unsafe fn patched(table: *const ffi::sqlite3_io_methods) -> *const ffi::sqlite3_io_methods {
    let copy = *lock(&TABLES).entry(table as usize).or_insert_with(|| {
        // SAFETY: the caller's table is the platform's, valid and never freed; the copy is leaked.
        let copy = Box::leak(Box::new(unsafe { *table }));
        let read = copy.xRead.replace(read).unwrap();
        assert!(*PLATFORM_READ.get_or_init(|| read) as usize == read as usize, "one xRead for all tables");
        std::ptr::from_ref(copy) as usize
    });
    copy as *const ffi::sqlite3_io_methods
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, to: *mut c_void, length: c_int, from: i64) -> c_int {
    let fails = lock(&ARMED).as_ref().map(|armed| armed.fails);
    match fails {
        Some(Fails::Read(code)) if is_turn() => code,
        // SAFETY: SQLite's own arguments, to the method that the file was opened with.
        _ => unsafe { PLATFORM_READ.get().unwrap()(file, to, length, from) },
    }
}
