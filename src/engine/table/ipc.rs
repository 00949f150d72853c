//! Tables as files: Arrow's IPC format, <https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format>.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::writer::FileWriter;
use arrow_ipc::{Block, root_as_footer};
use arrow_schema::{ArrowError, SchemaRef};
use tempfile::NamedTempFile;

/// What comes last: the length of the footer, and the name of the format.
const TRAILER: usize = 10;

/// Writes batches.
///
/// # Errors
/// Where it cannot be written, or a batch cannot be made.
pub fn write(out: impl Write, batches: impl RecordBatchReader) -> Result<(), ArrowError> {
    let mut writer = FileWriter::try_new(out, &batches.schema())?;
    for batch in batches {
        writer.write(&batch?)?;
    }
    writer.finish()
}

/// Writes batches into a file that only its owner can read, in one step: whoever reads it meanwhile sees the old one.
///
/// # Errors
/// Where it cannot be written. The old one is as it was.
pub fn save(path: &Path, batches: impl RecordBatchReader) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?; // mode 0600 on Unix
    // Not the temporary file itself: it wraps the system's errors, and keeps their numbers to itself.
    let mut out = BufWriter::new(file.as_file_mut());
    write(&mut out, batches).map_err(|error| match error {
        ArrowError::IoError(_, error) => error,
        other => io::Error::other(other.to_string()),
    })?;
    out.flush()?;
    drop(out);
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The name is on the disk only when its folder is.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// The batches of a file, read one by one. It may be damaged, or be made to do harm: nothing that it says of itself is believed
/// before it was held against its length.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    schema: SchemaRef,
    decoder: FileDecoder,
    blocks: std::vec::IntoIter<Block>,
}

impl<R: Read + Seek> Reader<R> {
    /// Reads what the file says of itself; `columns` chooses some by name, those that are there.
    ///
    /// # Errors
    /// In words, where it is no such file, or damaged.
    pub fn new(mut source: R, columns: Option<&[&str]>) -> Result<Self, String> {
        let length = source.seek(SeekFrom::End(0)).map_err(|error| error.to_string())?;
        let trailer_at = length.checked_sub(TRAILER as u64).ok_or("it is too short")?;
        let trailer = read_at(&mut source, length, trailer_at, TRAILER as u64)?;
        let trailer = trailer.as_slice().try_into().map_err(|_| "it is too short")?;
        let footer_length = read_footer_length(trailer).map_err(|_| "it does not end as one: it may be cut short")?;
        let footer_at = trailer_at.checked_sub(footer_length as u64).ok_or("its footer is longer than itself")?;
        let footer = read_at(&mut source, length, footer_at, footer_length as u64)?;
        let footer = root_as_footer(&footer).map_err(|_| "its footer is damaged")?;
        let schema = footer.schema().ok_or("it has no schema")?;
        if !schema.endianness().equals_to_target_endianness() {
            return Err("it is of a machine with another byte order".into());
        }
        let schema = guarded(|| try_fb_to_schema(schema))?;
        let mut decoder = FileDecoder::new(Arc::new(schema.clone()), footer.version());
        let mut read = schema.clone();
        if let Some(columns) = columns {
            let wanted: Vec<usize> = columns.iter().filter_map(|name| schema.index_of(name).ok()).collect();
            read = guarded(|| schema.project(&wanted))?;
            decoder = decoder.with_projection(wanted);
        }
        let blocks: Vec<Block> = footer.recordBatches().into_iter().flatten().copied().collect();
        let dictionaries: Vec<Block> = footer.dictionaries().into_iter().flatten().copied().collect();
        // Each byte is part of one block at most, so that no file is larger in memory than itself.
        let sizes = blocks.iter().chain(&dictionaries).map(|block| size(block).unwrap_or(u64::MAX));
        if sizes.fold(0u64, u64::saturating_add) > length {
            return Err("its blocks are longer than itself".into());
        }
        for block in &dictionaries {
            let data = read_block(&mut source, length, block)?;
            guarded(|| decoder.read_dictionary(block, &data))?;
        }
        Ok(Self { source, schema: Arc::new(read), decoder, blocks: blocks.into_iter() })
    }

    /// The names and types of the columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn read(&mut self, block: &Block) -> Result<RecordBatch, String> {
        let length = self.source.seek(SeekFrom::End(0)).map_err(|error| error.to_string())?;
        let data = read_block(&mut self.source, length, block)?;
        guarded(|| self.decoder.read_record_batch(block, &data))?.ok_or_else(|| "a batch is missing".into())
    }
}

impl<R: Read + Seek> Iterator for Reader<R> {
    type Item = Result<RecordBatch, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let block = self.blocks.next()?;
        Some(self.read(&block))
    }
}

/// How long a block is, unless it says what cannot be.
fn size(block: &Block) -> Option<u64> {
    let (head, body) = (u64::try_from(block.metaDataLength()).ok()?, u64::try_from(block.bodyLength()).ok()?);
    head.checked_add(body)
}

fn read_block(source: &mut (impl Read + Seek), length: u64, block: &Block) -> Result<Buffer, String> {
    let (Some(size), Ok(offset)) = (size(block), u64::try_from(block.offset())) else {
        return Err("a block lies outside of it".into());
    };
    read_at(source, length, offset, size).map(Buffer::from)
}

/// Bytes of a source of this length.
fn read_at(source: &mut (impl Read + Seek), length: u64, offset: u64, size: u64) -> Result<Vec<u8>, String> {
    if offset.checked_add(size).is_none_or(|end| end > length) {
        return Err("a part lies outside of it".into());
    }
    let mut bytes = vec![0; usize::try_from(size).map_err(|_| "a part is larger than memory")?];
    let read = source.seek(SeekFrom::Start(offset)).and_then(|_| source.read_exact(&mut bytes));
    read.map(|()| bytes).map_err(|error| error.to_string())
}

/// What Arrow makes of data that may be damaged. Some of it, it answers by a panic.
fn guarded<T>(decode: impl FnOnce() -> Result<T, ArrowError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(decoded) => decoded.map_err(|error| error.to_string()),
        Err(_) => Err("its data is damaged".into()),
    }
}
