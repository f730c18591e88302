//! Files by small numbers, as C has them: 0, 1 and 2 are the standard streams of the RDC, the
//! rest are files of the host that the launch program serves.

#![allow(unsafe_code, reason = "C hands over paths and buffers by their addresses")]

use core::ffi::{CStr, c_char};
use core::slice;

use rdc::fs::{self, File, OpenOptions};
use rdc::io::{Read, Seek, SeekFrom, Write, stderr, stdin, stdout};
use spin::{Mutex, MutexGuard};

use crate::errno::{Errno, number};

/// Files that an incarnation may have open at once, beside the standard streams.
const FILES: usize = 32;
/// The number of the first of them.
const FIRST: i32 = 3;

/// Flags of `open`, from `include/fcntl.h`.
const WRITE_ONLY: u32 = 1;
const READ_WRITE: u32 = 2;
const CREATE: u32 = 0o100;
const EXCLUSIVE: u32 = 0o200;
const TRUNCATE: u32 = 0o1000;
const APPEND: u32 = 0o2000;

/// An open file.
struct Open {
    file: File,
    appends: bool,
}

static OPEN: Mutex<[Option<Open>; FILES]> = Mutex::new([const { None }; FILES]);

/// The open files. There is one thread: only a handler can find somebody at work on them.
fn open_files() -> MutexGuard<'static, [Option<Open>; FILES]> {
    OPEN.try_lock().expect("handlers of software interrupts use no files")
}

fn index(descriptor: i32) -> Result<usize, Errno> {
    usize::try_from(descriptor - FIRST).map_err(|_| Errno::BAD_FILE)
}

/// Does something with an open file.
fn with<T>(
    descriptor: i32,
    act: impl FnOnce(&mut Open) -> Result<T, fs::Error>,
) -> Result<T, Errno> {
    let index = index(descriptor)?;
    let mut files = open_files();
    let open = files.get_mut(index).and_then(Option::as_mut).ok_or(Errno::BAD_FILE)?;
    act(open).map_err(Errno::from)
}

/// # Safety
/// It is a text that ends with a null, and stays for `'a`.
unsafe fn path<'a>(path: *const c_char) -> Result<&'a str, Errno> {
    // SAFETY: the caller's word.
    unsafe { CStr::from_ptr(path) }.to_str().map_err(|_| Errno::INVALID)
}

fn open(path: &str, flags: u32) -> Result<usize, Errno> {
    let mut files = open_files();
    let free = files.iter().position(Option::is_none).ok_or(Errno::TOO_MANY_FILES)?;
    let has = |flag| flags & flag != 0;
    let mut options = OpenOptions::new();
    if !has(WRITE_ONLY) {
        options = options.read();
    }
    if has(WRITE_ONLY | READ_WRITE) {
        options = if has(APPEND) { options.append() } else { options.write() };
    }
    if has(CREATE) {
        options = if has(EXCLUSIVE) { options.create_new() } else { options.create() };
    }
    if has(TRUNCATE) {
        options = options.truncate();
    }
    let file = options.open(path)?;
    files[free] = Some(Open { file, appends: has(APPEND) });
    Ok(free + FIRST as usize)
}

fn close(descriptor: i32) -> Result<usize, Errno> {
    if (0..FIRST).contains(&descriptor) {
        return Ok(0);
    }
    let index = index(descriptor)?;
    let closed = open_files().get_mut(index).and_then(Option::take);
    closed.map(|_| 0).ok_or(Errno::BAD_FILE)
}

fn read(descriptor: i32, buffer: &mut [u8]) -> Result<usize, Errno> {
    match descriptor {
        0 => Ok(stdin().read(buffer)?),
        1 | 2 => Err(Errno::BAD_FILE),
        _ => with(descriptor, |open| open.file.read(buffer)),
    }
}

fn write(descriptor: i32, data: &[u8]) -> Result<usize, Errno> {
    match descriptor {
        0 => Err(Errno::BAD_FILE),
        1 => Ok(stdout().write_at_once(data).map(|()| data.len())?),
        2 => Ok(stderr().write(data)?),
        _ => with(descriptor, |open| {
            let written = open.file.write(data)?;
            if open.appends {
                open.file.seek(SeekFrom::End(0))?;
            }
            Ok(written)
        }),
    }
}

fn seek(descriptor: i32, offset: i32, whence: u32) -> Result<usize, Errno> {
    if (0..FIRST).contains(&descriptor) {
        return Err(Errno::NO_SEEK);
    }
    let to = match whence {
        0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::INVALID)?),
        1 => SeekFrom::Current(offset.into()),
        2 => SeekFrom::End(offset.into()),
        _ => return Err(Errno::INVALID),
    };
    let position = with(descriptor, |open| open.file.seek(to))?;
    usize::try_from(position).map_err(|_| Errno::OVERFLOW)
}

/// Opens a file; answers its number.
///
/// # Safety
/// The path is a text that ends with a null.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
unsafe extern "C" fn __open(name: *const c_char, flags: u32) -> i32 {
    // SAFETY: the caller's word.
    number(unsafe { path(name) }.and_then(|path| open(path, flags)))
}

/// Closes a file.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
extern "C" fn __close(descriptor: i32) -> i32 {
    number(close(descriptor))
}

/// Reads at most so many bytes; answers how many.
///
/// # Safety
/// The buffer has so many bytes.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
unsafe extern "C" fn __read(descriptor: i32, buffer: *mut u8, length: usize) -> i32 {
    if length == 0 {
        return 0;
    }
    // SAFETY: the caller's word; bytes may have any value.
    number(read(descriptor, unsafe { slice::from_raw_parts_mut(buffer, length) }))
}

/// Writes at most so many bytes; answers how many.
///
/// # Safety
/// So many bytes lie there.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
unsafe extern "C" fn __write(descriptor: i32, data: *const u8, length: usize) -> i32 {
    if length == 0 {
        return 0;
    }
    // SAFETY: the caller's word.
    number(write(descriptor, unsafe { slice::from_raw_parts(data, length) }))
}

/// Sets the position of a file; answers it.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
extern "C" fn __seek(descriptor: i32, offset: i32, whence: u32) -> i32 {
    number(seek(descriptor, offset, whence))
}

/// Removes a file or an empty folder.
///
/// # Safety
/// The path is a text that ends with a null.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
unsafe extern "C" fn __remove(name: *const c_char) -> i32 {
    // SAFETY: the caller's word.
    let removed = unsafe { path(name) }.and_then(|path| Ok(fs::remove(path)?));
    number(removed.map(|()| 0))
}

/// Gives a file another name.
///
/// # Safety
/// Both paths are texts that end with a null.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
unsafe extern "C" fn __rename(from: *const c_char, to: *const c_char) -> i32 {
    // SAFETY: the caller's word.
    let paths = unsafe { path(from) }.and_then(|from| Ok((from, unsafe { path(to) }?)));
    number(paths.and_then(|(from, to)| Ok(fs::rename(from, to)?)).map(|()| 0))
}
