# Trusts the CA of a private GitLab in the Root store of this Windows machine, and proves it. It needs no other program.
#
#   powershell -NoProfile -ExecutionPolicy Bypass -File labtrust-trust.ps1            as an administrator
#   powershell -NoProfile -ExecutionPolicy Bypass -File labtrust-trust.ps1 check      asks the store, and changes nothing
#   powershell -NoProfile -ExecutionPolicy Bypass -File labtrust-trust.ps1 remove     removes what this script added
#
# Exit codes: 0 done and proven, 1 the answer is no, 2 wrong command line, 3 not done, 4 done, but a restart is left.
# The last line on standard output is one JSON document. Rendered by labtrust. The certificates below are public.
param([string] $Action = '@ACTION@')

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# What `check` asks for, and the exit code when a restart is left.
$checkWants = '@CHECK@'
$restartCode = @RESTART@
$anchors = @(
    @ANCHORS@
)

function Write-Line([string] $text) { [Console]::Error.WriteLine($text) }

function Stop-WithFault([string] $what, [string] $hint) {
    Write-Line "labtrust: $what"
    Write-Line "  hint: $hint"
    exit 3
}

function Get-Sha256([byte[]] $bytes) {
    $hasher = [System.Security.Cryptography.SHA256]::Create()
    try { $digest = $hasher.ComputeHash($bytes) } finally { $hasher.Dispose() }
    -join ($digest | ForEach-Object { $_.ToString('x2') })
}

# Opens a store of the machine.
function Open-Store([string] $name, [string] $flags) {
    $store = New-Object System.Security.Cryptography.X509Certificates.X509Store $name, 'LocalMachine'
    $store.Open($flags)
    $store
}

# The certificates of a store of the machine with this SHA-256: names and serial numbers are not unique.
function Find-Certificate([string] $name, [string] $sha256) {
    $store = Open-Store $name 'ReadOnly'
    try { $store.Certificates | Where-Object { (Get-Sha256 $_.RawData) -eq $sha256 } } finally { $store.Close() }
}

function Test-Administrator {
    $principal = New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())
    $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

# The result of the system's store for $anchor, as state, change and detail.
function Get-Result([string] $state, [bool] $changed, [string] $detail) {
    [ordered]@{ id = 'windows'; state = $state; changed = $changed; detail = $detail }
}

$where = 'the Root store of the machine'

# What hides the CA, although the Root store contains it.
function Get-Mask($anchor) {
    if (@(Find-Certificate 'Disallowed' $anchor.Sha256).Count -gt 0) {
        "the store of untrusted certificates contains it: remove it there (certlm.msc), or ask who put it there"
    }
}

function Get-State($anchor) {
    if (@(Find-Certificate 'Root' $anchor.Sha256).Count -eq 0) { return Get-Result 'untrusted' $false "$where does not contain the certificate" }
    $mask = Get-Mask $anchor
    if ($mask) { return Get-Result 'partial' $false "$where contains the certificate, but $mask" }
    Get-Result 'trusted' $false "$where contains the certificate"
}

function Add-Anchor($anchor) {
    $before = Get-State $anchor
    if ($before.state -ne 'untrusted') { return $before }
    if (-not (Test-Administrator)) { return Get-Result 'failed' $false 'needs an administrator' }
    $certificate = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2 -ArgumentList (, $anchor.Bytes)
    # By this name, `remove` knows what this script added.
    $certificate.FriendlyName = $anchor.Name
    $store = Open-Store 'Root' 'ReadWrite'
    try { $store.Add($certificate) } finally { $store.Close() }
    $after = Get-State $anchor
    $after.changed = $true
    if ($after.state -eq 'untrusted') { $after.state = 'failed' }
    $after
}

function Remove-Anchor($anchor) {
    $found = @(Find-Certificate 'Root' $anchor.Sha256)
    if ($found.Count -eq 0) { return Get-State $anchor }
    $own = @($found | Where-Object { $_.FriendlyName -eq $anchor.Name })
    if ($own.Count -eq 0) { return Get-Result 'trusted' $false "$where still contains the certificate: somebody else put it there" }
    if (-not (Test-Administrator)) { return Get-Result 'failed' $false 'needs an administrator' }
    $store = Open-Store 'Root' 'ReadWrite'
    try { $own | ForEach-Object { $store.Remove($_) } } finally { $store.Close() }
    $after = Get-State $anchor
    $after.changed = $true
    if ($after.state -ne 'untrusted') { $after.detail += ': a group policy puts it there again' }
    $after
}

# Keeps the worst exit code: a fault, then an answer of no, then a restart that is left.
function Join-Code([int] $one, [int] $other) {
    foreach ($code in 3, 1) { if ($one -eq $code -or $other -eq $code) { return $code } }
    [Math]::Max($one, $other)
}

if ($Action -notin 'apply', 'check', 'remove') {
    Write-Line "labtrust: $Action is no word of this script: apply, check or remove"
    exit 2
}
$wanted = 'trusted'
if ($Action -eq 'remove') { $wanted = 'untrusted' }
if ($Action -eq 'check') { $wanted = $checkWants }

foreach ($anchor in $anchors) {
    $anchor.Bytes = [Convert]::FromBase64String($anchor.Base64)
    $found = Get-Sha256 $anchor.Bytes
    if ($found -ne $anchor.Sha256) {
        Stop-WithFault "this script is damaged: its certificate has the SHA-256 $found, not $($anchor.Sha256)" 'render it again'
    }
}

$code = 0
$changed = $false
$documents = @()
foreach ($anchor in $anchors) {
    try {
        $result = switch ($Action) {
            'apply' { Add-Anchor $anchor }
            'remove' { Remove-Anchor $anchor }
            default { Get-State $anchor }
        }
    } catch {
        $result = Get-Result 'failed' $false $_.Exception.Message
    }
    if ($result.state -eq 'failed') { $code = Join-Code $code 3 }
    elseif ($result.state -ne $wanted) { $code = Join-Code $code 1 }
    if ($result.changed) { $changed = $true }
    Write-Line ('{0,-16} {1,-10} {2}' -f $result.id, $result.state, $result.detail)
    $results = @($result)
    # Docker Desktop copies the store when it starts.
    if ($result.changed -and (Get-Process -Name 'com.docker.backend' -ErrorAction SilentlyContinue)) {
        $pending = [ordered]@{ id = 'docker'; state = 'pending'; changed = $false; detail = 'Docker Desktop reads the store when it starts: docker desktop restart' }
        Write-Line ('{0,-16} {1,-10} {2}' -f $pending.id, $pending.state, $pending.detail)
        $results += $pending
        $code = Join-Code $code $restartCode
    }
    $documents += [ordered]@{ sha256 = $anchor.Sha256; stores = $results }
}

$notes = @()
if ($Action -ne 'remove') {
    $lxss = 'Software\Microsoft\Windows\CurrentVersion\Lxss'
    $users = @(Get-ChildItem -Path Registry::HKEY_USERS -ErrorAction SilentlyContinue)
    if ($users | Where-Object { Test-Path -Path "Registry::$($_.Name)\$lxss" -ErrorAction SilentlyContinue }) {
        $notes += "Each distribution of WSL has stores of its own: run the script of 'labtrust render --as shell' in it as root"
    }
    if (Get-Command -Name 'java', 'keytool' -ErrorAction SilentlyContinue) {
        $notes += 'Java keeps CAs in its own keystores: run the program labtrust there'
    }
}
foreach ($note in $notes) { Write-Line "- $note" }
[ordered]@{
    schema = 1; action = $Action; changed = $changed; code = $code; anchors = @($documents); files = @(); notes = @($notes)
} | ConvertTo-Json -Compress -Depth 6
exit $code
