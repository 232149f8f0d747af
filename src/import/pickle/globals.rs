//! The whitelist: what a pickle may name, and what becomes of it. Nothing is ever called.

use super::array::{self, Array, DType};
use super::input::Step;
use super::store::Store;
use super::{Span, Value};

macro_rules! whitelist {
    ($($(#[$doc:meta])* $variant:ident: $($module:literal)|+, $name:literal;)*) => {
        /// A name on the whitelist.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Global {
            $($(#[$doc])* $variant,)*
        }

        /// The value that stands for `module.name`.
        pub(super) fn find(module: &str, name: &str) -> Step<Global> {
            match (module, name) {
                $(($($module)|+, $name) => Ok(Global::$variant),)*
                _ => Err(format!("global `{}.{}` is not on the whitelist", shown(module), shown(name))),
            }
        }
    };
}

whitelist! {
    /// `collections.OrderedDict`: a dictionary.
    OrderedDict: "collections", "OrderedDict";
    /// `collections.defaultdict`: a dictionary.
    DefaultDict: "collections", "defaultdict";
    /// `builtins.dict`.
    Dict: "builtins" | "__builtin__", "dict";
    /// `builtins.list`.
    List: "builtins" | "__builtin__", "list";
    /// `builtins.tuple`.
    Tuple: "builtins" | "__builtin__", "tuple";
    /// `builtins.set`.
    Set: "builtins" | "__builtin__", "set";
    /// `builtins.frozenset`.
    FrozenSet: "builtins" | "__builtin__", "frozenset";
    /// `builtins.bytes`.
    Bytes: "builtins" | "__builtin__", "bytes";
    /// `builtins.bytearray`.
    ByteArray: "builtins" | "__builtin__", "bytearray";
    /// `builtins.slice`: an inert record.
    Slice: "builtins" | "__builtin__", "slice";
    /// `builtins.object`, as a base class only.
    Object: "builtins" | "__builtin__", "object";
    /// `builtins.int`, as a factory of default values only.
    Int: "builtins" | "__builtin__", "int";
    /// `builtins.float`, likewise.
    Float: "builtins" | "__builtin__", "float";
    /// `builtins.str`, likewise.
    Str: "builtins" | "__builtin__", "str";
    /// `_codecs.encode`, by which protocols 0 to 2 write bytes.
    Encode: "_codecs", "encode";
    /// `copyreg._reconstructor`, by which protocols 0 and 1 write objects.
    Reconstructor: "copyreg" | "copy_reg", "_reconstructor";
    /// `numpy.dtype`.
    DType: "numpy", "dtype";
    /// `numpy.ndarray`, as a class only.
    NdArray: "numpy", "ndarray";
    /// `numpy.core.multiarray.scalar`.
    Scalar: "numpy.core.multiarray" | "numpy._core.multiarray", "scalar";
    /// `numpy.core.multiarray._reconstruct`.
    Reconstruct: "numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct";
    /// `numpy.core.numeric._frombuffer`, by which protocol 5 writes arrays.
    FromBuffer: "numpy.core.numeric" | "numpy._core.numeric", "_frombuffer";
    /// `pandas.DataFrame`: an inert record, as all of pandas here.
    DataFrame: "pandas.core.frame" | "pandas", "DataFrame";
    /// `pandas.Series`.
    Series: "pandas.core.series" | "pandas", "Series";
    /// The blocks of a frame.
    BlockManager: "pandas.core.internals.managers" | "pandas.core.internals", "BlockManager";
    /// The block of a series.
    SingleBlockManager: "pandas.core.internals.managers" | "pandas.core.internals", "SingleBlockManager";
    /// How a block is written.
    UnpickleBlock: "pandas._libs.internals", "_unpickle_block";
    /// How a block is written by pandas 1.3.
    NewBlock: "pandas.core.internals.blocks", "new_block";
    /// How an index is written.
    NewIndex: "pandas.core.indexes.base" | "pandas.indexes.base", "_new_Index";
    /// An index of labels.
    Index: "pandas.core.indexes.base" | "pandas.indexes.base" | "pandas", "Index";
    /// An index of consecutive numbers.
    RangeIndex: "pandas.core.indexes.range" | "pandas.indexes.range" | "pandas", "RangeIndex";
    /// An index of integers.
    Int64Index: "pandas.core.indexes.numeric" | "pandas.indexes.numeric" | "pandas", "Int64Index";
    /// How an array of strings is written by pandas 3.
    ArrayBacked: "pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked";
    /// An array of strings.
    StringArray: "pandas.arrays" | "pandas.core.arrays.string_", "StringArray";
    /// Its type.
    StringDtype: "pandas" | "pandas.core.arrays.string_", "StringDtype";
    /// A tensor on a storage: an inert record, as all of PyTorch here.
    RebuildTensor2: "torch._utils", "_rebuild_tensor_v2";
    /// Its older form.
    RebuildTensor: "torch._utils", "_rebuild_tensor";
    /// A tensor that is a parameter.
    RebuildParameter: "torch._utils", "_rebuild_parameter";
    /// A storage with its bytes, as Python's own pickle writes it: never unpacked.
    StorageFromBytes: "torch.storage", "_load_from_bytes";
    /// Shape of a tensor.
    TorchSize: "torch", "Size";
    /// A device's name.
    TorchDevice: "torch", "device";
    /// 64-bit floats.
    DoubleStorage: "torch", "DoubleStorage";
    /// 32-bit floats.
    FloatStorage: "torch", "FloatStorage";
    /// 16-bit floats.
    HalfStorage: "torch", "HalfStorage";
    /// Brain floats.
    BFloat16Storage: "torch", "BFloat16Storage";
    /// 64-bit integers.
    LongStorage: "torch", "LongStorage";
    /// 32-bit integers.
    IntStorage: "torch", "IntStorage";
    /// 16-bit integers.
    ShortStorage: "torch", "ShortStorage";
    /// 8-bit integers.
    CharStorage: "torch", "CharStorage";
    /// Bytes.
    ByteStorage: "torch", "ByteStorage";
    /// Booleans.
    BoolStorage: "torch", "BoolStorage";
}

fn shown(name: &str) -> String {
    name.chars().take(80).collect()
}

/// What stands for a call.
pub(super) fn call(store: &mut Store, global: Global, arguments: Span) -> Step<Value> {
    let all = store.tuple_at(arguments);
    match (global, all) {
        (Global::OrderedDict | Global::Dict, []) => store.container().map(Value::Dict),
        (Global::DefaultDict, [] | [Value::Global(_) | Value::None]) => {
            store.container().map(Value::Dict)
        }
        (
            Global::OrderedDict | Global::Dict,
            [Value::List(_) | Value::Tuple(_) | Value::Dict(_)],
        ) => {
            let items = all[0];
            dictionary(store, items)
        }
        (Global::DefaultDict, [_, items]) => {
            let items = *items;
            dictionary(store, items)
        }
        (Global::List | Global::Set | Global::FrozenSet | Global::Tuple, []) => {
            collection(store, global, &[])
        }
        (Global::List | Global::Set | Global::FrozenSet | Global::Tuple, [items]) => {
            let items = sequence(store, *items)?.to_vec();
            collection(store, global, &items)
        }
        (Global::Bytes | Global::ByteArray, []) => store.blob(&[]),
        (Global::Bytes | Global::ByteArray, [Value::Bytes(_)]) => Ok(all[0]),
        (
            Global::Encode | Global::ByteArray | Global::Bytes,
            [Value::Text(text)] | [Value::Text(text), _],
        ) => {
            let latin1: Option<Vec<u8>> = (store.text_at(*text).chars())
                .map(|c| u8::try_from(u32::from(c)).ok())
                .collect();
            store.blob(&latin1.ok_or("bytes beyond latin-1")?)
        }
        (Global::DType, [Value::Text(code), ..]) => {
            let dtype = DType::parse(store.text_at(*code))?;
            store.dtype(dtype)
        }
        (Global::Scalar, [Value::DType(dtype), value]) => {
            let (dtype, value) = (store.dtypes[dtype.0 as usize], *value);
            array::scalar(store, dtype, value)
        }
        (Global::Reconstruct, [Value::Global(Global::NdArray), ..]) => {
            store.array(Array::default())
        }
        (Global::FromBuffer, [Value::Bytes(data), Value::DType(dtype), shape, order]) => {
            let (data, dtype, order) = (*data, store.dtypes[dtype.0 as usize], *order);
            let fortran = matches!(order, Value::Text(o) if store.text_at(o) == "F");
            let shape = array::shape(store, *shape)?;
            store.array(Array::new(dtype, shape, fortran, Value::Bytes(data)))
        }
        (Global::Reconstructor, [Value::Global(class), ..]) => {
            let class = *class;
            store.record(class, Value::None)
        }
        _ if is_record(global) => store.record(global, Value::Tuple(arguments)),
        _ => Err(format!("{global:?} called with unexpected arguments")),
    }
}

/// Whether a call of it is kept as an inert record.
fn is_record(global: Global) -> bool {
    use Global as G;
    !matches!(
        global,
        G::OrderedDict
            | G::DefaultDict
            | G::Dict
            | G::List
            | G::Tuple
            | G::Set
            | G::FrozenSet
            | G::Bytes
            | G::ByteArray
            | G::Object
            | G::Int
            | G::Float
            | G::Str
            | G::Encode
            | G::Reconstructor
            | G::DType
            | G::NdArray
            | G::Scalar
            | G::Reconstruct
            | G::FromBuffer
    )
}

fn sequence(store: &Store, value: Value) -> Step<&[Value]> {
    match value {
        Value::Tuple(span) => Ok(store.tuple_at(span)),
        Value::List(at) | Value::Set(at) => Ok(store.items_at(at)),
        _ => Err("a list of items expected".into()),
    }
}

fn collection(store: &mut Store, kind: Global, items: &[Value]) -> Step<Value> {
    if kind == Global::Tuple {
        return store.tuple(items);
    }
    let handle = store.container()?;
    store.extend(handle, items)?;
    Ok(match kind {
        Global::List => Value::List(handle),
        _ => Value::Set(handle),
    })
}

/// A dictionary from a list of pairs, as Python 2 writes ordered ones, or from another.
fn dictionary(store: &mut Store, items: Value) -> Step<Value> {
    let entries = match items {
        Value::Dict(at) => store.items_at(at).to_vec(),
        _ => {
            let mut entries = Vec::new();
            for pair in sequence(store, items)? {
                match sequence(store, *pair)? {
                    [key, value] => entries.extend([*key, *value]),
                    _ => return Err("a pair of key and value expected".into()),
                }
            }
            entries
        }
    };
    let handle = store.container()?;
    store.extend(handle, &entries)?;
    Ok(Value::Dict(handle))
}

/// Gives an object its state.
pub(super) fn build(store: &mut Store, target: Value, state: Value) -> Step<()> {
    match target {
        Value::DType(at) => {
            let Value::Tuple(state) = state else {
                return Err("the state of a NumPy type is a tuple".into());
            };
            let order = match store.tuple_at(state).get(1) {
                Some(Value::Text(order)) => store.text_at(*order),
                _ => return Err("a NumPy type without byte order".into()),
            };
            let big_endian = match order {
                "<" | "|" | "=" => false,
                ">" => true,
                _ => return Err("a NumPy type of unknown byte order".into()),
            };
            store.dtypes[at.0 as usize].big_endian = big_endian;
            Ok(())
        }
        Value::Array(at) => {
            let array = array::from_state(store, state)?;
            store.charge(8 * array.shape.len())?;
            store.arrays[at.0 as usize] = array;
            Ok(())
        }
        Value::Record(at) => {
            store.records[at.0 as usize].state = state;
            Ok(())
        }
        // Attributes of an ordered dictionary (PyTorch's `_metadata`) carry nothing we read.
        Value::Dict(_) => Ok(()),
        _ => Err("state for something that has none".into()),
    }
}
