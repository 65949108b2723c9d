# UNTESTED: written without a Windows machine at hand.
# Builds a folder and a ZIP file with Fermata for Windows: packaging\windows\bundle.ps1. Needs Rust and the Visual
# Studio Build Tools with "Desktop development with C++". The result is in target\windows.
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '..\..')

# The C runtime becomes part of the program: nothing has to be installed beside it.
$env:RUSTFLAGS = '-C target-feature=+crt-static'
cargo build --locked --release --target x86_64-pc-windows-msvc
if ($LASTEXITCODE -ne 0) { throw 'the build failed' }

$metadata = cargo metadata --locked --no-deps --format-version 1 | ConvertFrom-Json
$version = ($metadata.packages | Where-Object name -eq 'fermata').version
$folder = "target\windows\Fermata-$version"
Remove-Item -Recurse -Force $folder -ErrorAction SilentlyContinue
New-Item -ItemType Directory -Force "$folder\scores", "$folder\completions" | Out-Null
Copy-Item 'target\x86_64-pc-windows-msvc\release\fermata.exe', 'LICENSE-MIT', 'LICENSE-APACHE', 'README.md' $folder
Copy-Item 'docs' $folder -Recurse
Copy-Item 'scores\*' "$folder\scores"
& "$folder\fermata.exe" completions powershell | Set-Content "$folder\completions\fermata.ps1"
& "$folder\fermata.exe" --version

# To give it to others, sign the program first:
#   signtool sign /fd SHA256 /tr <time stamp server> /td SHA256 "$folder\fermata.exe"
Compress-Archive -Force -Path $folder -DestinationPath "target\windows\Fermata-$version.zip"

# Opening *.fermata.yaml with it, for the present user only (Windows looks at the last ending, so all YAML files
# offer it under "Open with", and none is opened by it on its own):
#   $classes = 'HKCU:\Software\Classes'
#   New-Item -Force "$classes\Fermata.Score\shell\open\command" -Value "`"$folder\fermata.exe`" `"%1`""
#   New-Item -Force "$classes\.yaml\OpenWithProgids" | New-ItemProperty -Name 'Fermata.Score' -Value ''
