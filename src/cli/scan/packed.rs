//! What is not text because it is compressed, encrypted or an archive: by its first bytes, and within other bytes.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memmem;

/// What a file is, by its beginning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::cli) enum Packed {
    Gzip,
    Zip,
    Zlib,
    Tar,
    /// It cannot be read here; why.
    Other(&'static str),
}

/// How much of a beginning is looked at: the header of a tar file.
pub(in crate::cli) const HEAD: usize = 512;

/// The last record of a zip archive begins with it.
pub(in crate::cli) const ZIP_END: &[u8] = b"PK\x05\x06";

/// What begins a file.
const FIRST: [(&[u8], &str); 26] = [
    (b"7z\xbc\xaf\x27\x1c", "compressed (7z)"),
    (b"\x1f\x9d", "compressed (compress)"),
    (b"\x1f\xa0", "compressed (compress)"),
    (b"MSCF\0\0\0\0", "compressed (cab)"),
    (b"\xff\x06\0\0sNaPpY", "compressed (snappy)"),
    (b"PACK\0\0\0\x02", "compressed (git pack); search `git log -p --all` as well"),
    (b"\x89LZO\0\r\n\x1a", "compressed (lzop)"),
    (b"%PDF-", "compressed parts of a PDF"),
    (b"\x02\x21\x4c\x18", "compressed (lz4)"),
    (b"hsqs", "compressed (squashfs)"),
    (b"PAR1", "compressed parts of a Parquet file"),
    (b"Obj\x01", "compressed parts of an Avro file"),
    (b"QFI\xfb", "a disk image (qcow2)"),
    (b"KDMV", "a disk image (vmdk)"),
    (b"LUKS\xba\xbe", "encrypted (LUKS)"),
    (b"Salted__", "encrypted (OpenSSL)"),
    (b"age-encryption.org/v1", "encrypted (age)"),
    (b"\0GITCRYPT\0", "encrypted (git-crypt)"),
    (b"\x03\xd9\xa2\x9a", "encrypted (KeePass)"),
    (b"\x85\x01\x0c\x03", "encrypted (PGP)"),
    (b"\x85\x02\x0c\x03", "encrypted (PGP)"),
    (b"\x84\x5e\x03", "encrypted (PGP)"),
    (b"\x8c\x0d\x04", "encrypted (PGP)"),
    (b"\xed\xab\xee\xdb", "compressed parts of an RPM package"),
    (b"=ybegin ", "encoded (yEnc)"),
    (b"(This file must be converted with BinHex", "encoded (BinHex)"),
];

/// What is recognised wherever it stands.
const ANYWHERE: [(&[u8], Inside); 20] = [
    (b"\x1f\x8b\x08", Inside::Gzip),
    (b"PK\x03\x04", Inside::Zip),
    (b"\x78\x01", Inside::Zlib),
    (b"\x78\x5e", Inside::Zlib),
    (b"\x78\x9c", Inside::Zlib),
    (b"\x78\xda", Inside::Zlib),
    (b"\xfd7zXZ\0", Inside::Named("compressed (xz)")),
    (b"\x28\xb5\x2f\xfd", Inside::Named("compressed (zstd)")),
    (b"7z\xbc\xaf\x27\x1c\0", Inside::Named("compressed (7z)")),
    (b"\x04\x22\x4d\x18", Inside::Named("compressed (lz4)")),
    (b"Rar!\x1a\x07", Inside::Named("compressed (rar)")),
    (b"LZIP\x01", Inside::Named("compressed (lzip)")),
    (b"BZh", Inside::Named("compressed (bzip2)")),
    (b"-----BEGIN PGP MESSAGE-----", Inside::Named("encrypted (PGP)")),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", Inside::Named("encrypted (age)")),
    (b"$ANSIBLE_VAULT;", Inside::Named("encrypted (Ansible Vault)")),
    (b"ENC[AES256_GCM,", Inside::Named("encrypted (sops)")),
    (b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0", Inside::Named("encrypted (Office document)")),
    (b"GIT binary patch\n", Inside::Named("encoded (git binary patch)")),
    (b"<~", Inside::Named("encoded (Ascii85)")),
];

impl Packed {
    pub(in crate::cli) fn of(head: &[u8]) -> Option<Packed> {
        match head {
            [0x1f, 0x8b, 8, ..] => return Some(Packed::Gzip),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => return Some(Packed::Zip),
            [0x78, second, ..] if is_zlib(*second) => return Some(Packed::Zlib),
            // The old LZMA format: properties, a dictionary's size, a length that may be unknown.
            [0x5d, 0, 0, _, _, length @ ..]
                if length.get(..8).is_some_and(|length| length == [0xff; 8] || length[5..] == [0; 3]) =>
            {
                return Some(Packed::Other("compressed (lzma)"));
            }
            _ if is_tar(head) => return Some(Packed::Tar),
            _ => {}
        }
        if let Some((_, reason)) = FIRST.iter().find(|(magic, _)| head.starts_with(magic)) {
            return Some(Packed::Other(reason));
        }
        ANYWHERE.iter().find_map(|(magic, inside)| match inside {
            Inside::Named(reason)
                if head.starts_with(magic) && (magic.len() >= 6 || is_plausible(*inside, head)) =>
            {
                Some(Packed::Other(reason))
            }
            _ => None,
        })
    }

    pub(in crate::cli) fn reason(self) -> &'static str {
        match self {
            Packed::Gzip => "compressed (gzip)",
            Packed::Zip => "compressed (zip)",
            Packed::Zlib => "compressed (zlib)",
            Packed::Tar => "an archive (tar)",
            Packed::Other(reason) => reason,
        }
    }
}

fn is_zlib(second: u8) -> bool {
    (u16::from(0x78_u8) << 8 | u16::from(second)) % 31 == 0
}

/// Whether a block is the header of a file in a tar archive: its checksum agrees.
pub(in crate::cli) fn is_tar(block: &[u8]) -> bool {
    let Some(block) = block.get(..512) else { return false };
    let sum: u64 = block
        .iter()
        .enumerate()
        .map(|(at, byte)| u64::from(if (148..156).contains(&at) { b' ' } else { *byte }))
        .sum();
    block[0] != 0 && octal(&block[148..156]) == Some(sum)
}

/// A number of a tar header.
pub(in crate::cli) fn octal(field: &[u8]) -> Option<u64> {
    if field.first().is_some_and(|first| *first == 0x80) {
        return field.get(field.len() - 8..)?.try_into().ok().map(u64::from_be_bytes);
    }
    let text = std::str::from_utf8(field).ok()?.trim_matches(['\0', ' ']);
    u64::from_str_radix(text, 8).ok()
}

/// What stands within other bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Inside {
    Gzip,
    Zip,
    Zlib,
    /// It cannot be read here; why.
    Named(&'static str),
}

/// Each compressed or encrypted thing, and where it begins.
pub(super) fn inside(bytes: &[u8]) -> Vec<(usize, Inside)> {
    static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
        AhoCorasick::new(ANYWHERE.iter().map(|(magic, _)| magic)).expect("a few short patterns")
    });
    let mut found = Vec::new();
    for hit in FINDER.find_iter(bytes) {
        let (_, inside) = ANYWHERE[hit.pattern().as_usize()];
        if is_plausible(inside, &bytes[hit.start()..]) {
            found.push((hit.start(), inside));
        }
    }
    found
}

/// Whether [`inside`] finds something that cannot be read and begins with letters, as in a text; much faster.
pub(super) fn is_named(text: &[u8]) -> bool {
    static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
        // Zlib can begin with letters, but does not go on with letters alone.
        let named = ANYWHERE.iter().filter(|(_, inside)| matches!(inside, Inside::Named(_)));
        let magics = named.map(|(magic, _)| *magic);
        let texts = magics.filter(|magic| magic.iter().all(|byte| matches!(byte, b'\n' | 0x20..=0x7e)));
        AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(texts)
            .expect("a few short patterns")
    });
    FINDER.is_match(text) && inside(text).iter().any(|(_, inside)| matches!(inside, Inside::Named(_)))
}

/// Whether bytes begin with something that can be opened or named.
pub(super) fn begins(bytes: &[u8]) -> bool {
    !matches!(Packed::of(bytes), None | Some(Packed::Zlib))
        || matches!(bytes, [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..])
}

/// Whether the first byte is that of something that [`begins`]; much faster. Not for a tar file, which begins with any.
pub(super) fn may_begin(first: u8) -> bool {
    static FIRSTS: LazyLock<[bool; 256]> = LazyLock::new(|| {
        let named = FIRST.iter().map(|(magic, _)| magic[0]).chain(ANYWHERE.iter().map(|(magic, _)| magic[0]));
        let mut firsts = [false; 256];
        named.chain([0x5d]).for_each(|first| firsts[usize::from(first)] = true);
        firsts
    });
    FIRSTS[usize::from(first)]
}

/// What follows the first bytes, where those are short.
fn is_plausible(inside: Inside, rest: &[u8]) -> bool {
    match inside {
        Inside::Gzip => rest.get(3).is_some_and(|flags| flags & 0xe0 == 0),
        Inside::Named("compressed (bzip2)") => {
            matches!(rest, [_, _, _, b'1'..=b'9', b'1', b'A', b'Y', b'&', b'S', b'Y', ..])
        }
        // The sizes of the stream's flags and of the first block stand behind it.
        Inside::Named("compressed (zstd)") => rest.get(4).is_none_or(|flags| flags & 0x08 == 0),
        Inside::Named("compressed (lz4)") => rest.get(4).is_none_or(|flags| flags & 0xc2 == 0x40),
        Inside::Named("compressed (xz)") => match rest.get(6..12) {
            Some(flags) => crc32fast::hash(&flags[..2]).to_le_bytes() == flags[2..],
            None => true,
        },
        Inside::Named("encoded (Ascii85)") => {
            let text = &rest[2..];
            let is_in = |byte: &u8| matches!(byte, b'!'..=b'u' | b'z') || byte.is_ascii_whitespace();
            let end = text.iter().take_while(|byte| is_in(byte)).count();
            end >= 40 && text[end..].starts_with(b"~>")
        }
        _ => true,
    }
}

/// Pictures, sounds and fonts: they look like compressed bytes, and hold no text.
const MEDIA: [&[u8]; 12] = [
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"RIFF",
    b"OggS",
    b"ID3",
    b"fLaC",
    b"wOFF",
    b"wOF2",
    b"\x1aE\xdf\xa3",
    b"\xff\xfb",
    b"\0\0\x01\xba",
];

/// Whether bytes look compressed or encrypted though nothing says so: every byte is about as frequent as another.
pub(super) fn is_random(bytes: &[u8]) -> bool {
    /// Of fewer bytes nothing can be said.
    const FEWEST: usize = 8192;
    if bytes.len() < FEWEST
        || bytes.is_ascii()
        || MEDIA.iter().any(|magic| bytes.starts_with(magic))
        || bytes[4..].starts_with(b"ftyp")
    {
        return false;
    }
    let mut counts = [0_u32; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let length = bytes.len() as f64;
    let entropy: f64 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum();
    entropy > 7.9
}

/// How long a zip archive is that begins here: to the end of its last record.
pub(super) fn zip_end(bytes: &[u8]) -> Option<usize> {
    let record = memmem::find(bytes, ZIP_END)?;
    let comment = bytes.get(record + 20..record + 22)?;
    let end = record + 22 + usize::from(u16::from_le_bytes([comment[0], comment[1]]));
    Some(end.min(bytes.len()))
}
