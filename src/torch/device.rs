//! Where tensors live: the processor, or a CUDA device if this machine has one.

// Loading a library at run time has no safe form.
#![allow(unsafe_code)]

use crate::error::Error;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Once;

/// A place for tensors.
pub type Device = tch::Device;

unsafe extern "C" {
    fn dlopen(file: *const c_char, flags: c_int) -> *mut c_void;
}

const RTLD_NOW: c_int = 2;
const RTLD_GLOBAL: c_int = 0x100;
const CUDA_LIBRARY: &CStr = c"libtorch_cuda.so";

/// Loads PyTorch's CUDA half where it is installed with what it needs. The linker drops it from the binary, which is
/// what lets one binary serve machines with and without it.
fn load_cuda() {
    static LOADED: Once = Once::new();
    LOADED.call_once(|| {
        // SAFETY: the name is a C string; the library's initialisers only register its kernels, and a missing library
        // is reported as a null pointer, which needs no handling.
        unsafe {
            dlopen(CUDA_LIBRARY.as_ptr(), RTLD_NOW | RTLD_GLOBAL);
        }
    });
}

/// The device called `name`: `auto` (CUDA if there is any), `cpu`, `cuda` or `cuda:N`.
///
/// # Errors
/// When the name is unknown or this machine lacks the device.
pub fn open(name: &str) -> Result<Device, Error> {
    load_cuda();
    let count = tch::Cuda::device_count().max(0) as usize;
    let wanted = match name {
        "cpu" => return Ok(Device::Cpu),
        "auto" if count == 0 => return Ok(Device::Cpu),
        "auto" | "cuda" => Some(0),
        other => other.strip_prefix("cuda:").and_then(|n| n.parse().ok()),
    };
    let Some(index) = wanted else {
        return Err(Error::new("--device", format!("unknown device `{name}`"))
            .mend("give `auto`, `cpu`, `cuda` or `cuda:N`"));
    };
    if index >= count {
        let problem = format!("`{name}` wanted, but PyTorch finds {count} CUDA device(s)");
        return Err(Error::new("--device", problem).mend(
            "give `cpu`, or let LD_LIBRARY_PATH name the torch/lib folder of a PyTorch 2.11.0 with CUDA",
        ));
    }
    Ok(Device::Cuda(index))
}

/// The device in words, for cards.
pub fn describe(device: Device) -> String {
    match device {
        Device::Cuda(index) => format!("CUDA device {index}{}, PyTorch 2.11.0", gpu_model()),
        _ => format!("one thread of {}, PyTorch 2.11.0", cpu_model()),
    }
}

/// What Linux calls the processor; the architecture elsewhere.
fn cpu_model() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    value_of(&info, "model name").unwrap_or_else(|| std::env::consts::ARCH.into())
}

/// What the driver calls the GPUs, where it says so and they are of one model.
fn gpu_model() -> String {
    let entries = std::fs::read_dir("/proc/driver/nvidia/gpus");
    let mut models: Vec<String> = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|gpu| std::fs::read_to_string(gpu.path().join("information")).ok())
        .filter_map(|text| value_of(&text, "Model"))
        .collect();
    models.sort();
    models.dedup();
    match &models[..] {
        [model] => format!(" ({model})"),
        _ => String::new(),
    }
}

/// The value of the first line `key : value`.
fn value_of(text: &str, key: &str) -> Option<String> {
    let pair = |line: &str| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim().to_string())
    };
    text.lines().find_map(pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_against_the_machine() {
        assert_eq!(open("cpu"), Ok(Device::Cpu));
        assert!(
            open("gpu")
                .expect_err("no such name")
                .to_string()
                .contains("cuda:N")
        );
        let error = open("cuda:99").expect_err("no machine has it").to_string();
        assert!(error.contains("LD_LIBRARY_PATH"), "{error}");
    }

    #[test]
    fn models_are_read_as_the_system_writes_them() {
        let info = "processor\t: 0\nmodel name\t: Some CPU @ 2.0GHz\n";
        assert_eq!(
            value_of(info, "model name").as_deref(),
            Some("Some CPU @ 2.0GHz")
        );
        let information = "Model: \t\t NVIDIA H200\nIRQ:   \t\t 1\n";
        assert_eq!(
            value_of(information, "Model").as_deref(),
            Some("NVIDIA H200")
        );
        assert_eq!(value_of(info, "Model"), None);
    }
}
