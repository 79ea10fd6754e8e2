# What the tests of synchronisation share: a generated directory, and profiles that read it.
# The generated directory: people, contacts, shared mailboxes and computers, good certificates and every bad kind.
function New-Directory {
    param([int] $People, [int] $Revision = 1, [string] $Kinds = 'mixed')
    $folder = Join-Path -Path $env:SMIME_SYNC_TEST_FOLDER -ChildPath "directory-$People-$Revision-$Kinds"
    if (-not (Test-Path -LiteralPath $folder)) {
        & $env:SMIME_SYNC_GENERATOR --people $People --output $folder --revision $Revision --kinds $Kinds
        if ($LASTEXITCODE) { throw 'The generator failed.' }
    }
    $folder
}
$directory = New-Directory -People 100
$changed = New-Directory -People 100 -Revision 2
function New-SyncProfile {
    # A profile with a new home and a new output folder, and a copy of the directory that a test may change.
    param([hashtable] $Setting = @{}, [string] $Name = 'corp')
    $folder = New-TestHome
    Copy-Item -LiteralPath "$directory/directory.ldif" -Destination "$folder/directory.ldif"
    $null = New-SmimeSyncProfile -Name $Name -Source Ldif -Path "$folder/directory.ldif" -Target Folder `
        -OutputPath "$folder/out" -TrustAnchorPath "$directory/anchors" @Setting
    $folder
}
