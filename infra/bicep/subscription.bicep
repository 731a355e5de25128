// As main.bicep, and makes the resource group: for `azd` and for `az deployment sub create`. Its parameters are those of main.bicep, all of
// them; a test sees to it.

targetScope = 'subscription'

@description('The resource group to make.')
param resourceGroupName string = 'rg-pim-portal'

@description('The image, with a digest or an exact version: registry.example.com/pim-portal@sha256:...')
param image string

@description('With postgresql: the image of the container that copies the key: anything with a shell, cp and chown.')
param copyImage string = 'mcr.microsoft.com/azurelinux/busybox:1.36'

@description('The beginning of every name. Small letters, digits and hyphens.')
@minLength(2)
@maxLength(24)
param name string = 'pim-portal'

@description('The Azure region.')
param location string = deployment().location

@description('The name that people see when they sign in and consent.')
param displayName string = 'PIM portal'

@description('The application (client) id of a registration that exists. Leave it empty to have one made, which needs rights in the directory.')
param clientId string = ''

@description('The tenant that people sign in to.')
param tenantId string = tenant().tenantId

@description('The ids of further tenants that people who are signed in may enter. With any, the registration is multi-tenant.')
param allowedTenants string[] = []

@description('The cloud that people sign in to.')
param cloud ('public' | 'usgov' | 'usgov-dod' | 'china') = az.environment().name == 'AzureUSGovernment' ? 'usgov' : (az.environment().name == 'AzureChinaCloud' ? 'china' : 'public')

@description('The planes that are on. A plane that is off takes its permissions with it.')
param planes ('entra' | 'groups' | 'azure')[] = [
  'entra'
  'groups'
  'azure'
]

@description('How the portal authenticates itself to Entra. "none": a public client. "managed-identity": with a token of its own identity; a registration that exists (clientId) has to be set up for it, by the outputs federatedIssuer and federatedSubject.')
param clientAuth ('none' | 'managed-identity') = 'none'

@description('Only people and groups assigned to the enterprise application may sign in.')
param assignmentRequired bool = false

@description('Where things are stored. "sqlite": one replica, in a file that goes with it. "postgresql": several, in a server that this makes; vaultName is then required.')
param database ('sqlite' | 'postgresql') = 'sqlite'

@description('With postgresql: the name of the vault that holds the key, as vault.bicep made it or another with roles (RBAC).')
param vaultName string = ''

@description('The resource group of the vault.')
param vaultResourceGroup string = resourceGroupName

@description('The name of the secret in the vault: the lines of the portal\'s key file.')
param vaultEntry string = 'pim-portal'

@description('The version of that secret, which makes a new revision read it at once; empty for the latest.')
param vaultEntryVersion string = ''

@description('How many replicas there are at least, with postgresql.')
@minValue(1)
@maxValue(25)
param minReplicas int = 2

@description('How many replicas there are at most, with postgresql. Each opens ten connections to the database.')
@minValue(1)
@maxValue(25)
param maxReplicas int = 5

@description('Requests at a time, as Azure counts them, beyond which another replica is started.')
@minValue(1)
param requestsPerReplica int = 100

@description('Whether the database lies in a network of this deployment, without a public address. It has to be chosen with the first deployment.')
param databasePrivateAccess bool = true

@description('The name of the database server, in all of Azure; empty for one that follows from the resource group. Another name is for a server that was restored.')
param databaseServerName string = ''

@description('The version of PostgreSQL.')
param databaseVersion string = '16'

@description('The size of the database server. The smallest, Standard_B1ms, has too few connections for several replicas; Burstable sizes cannot have a second server that takes over.')
param databaseSku {
  name: string
  tier: 'Burstable' | 'GeneralPurpose' | 'MemoryOptimized'
} = {
  name: 'Standard_B2s'
  tier: 'Burstable'
}

@description('The size of its disk, in GiB. It grows by itself and never shrinks.')
param databaseStorageGB int = 32

@description('Whether there is a second database server that takes over: in the same availability zone, or in another one.')
param databaseHighAvailability ('Disabled' | 'SameZone' | 'ZoneRedundant') = 'Disabled'

@description('The availability zone of the database server; empty to let Azure choose.')
param databaseZone string = ''

@description('For how many days back the database can be restored.')
@minValue(7)
@maxValue(35)
param databaseBackupDays int = 14

@description('Whether the database\'s backups are kept in the paired region as well. It has to be chosen with the first deployment.')
param databaseGeoBackup bool = false

@description('The name of an Azure container registry in this resource group that holds the image. Leave it empty for a public image.')
param registryName string = ''

@description('A host name of your own, such as pim.example.com. Its CNAME and TXT records have to exist first.')
param customDomain string = ''

@description('Set to true from the second deployment with customDomain on: the certificate exists by then.')
param customDomainCertificateExists bool = false

@description('Address ranges (CIDR) that may open the portal. Leave it empty for all.')
param allowedAddresses string[] = []

@description('One outgoing address that stays the same, for policies that look at places. It has to be chosen with the first deployment.')
param fixedOutgoingAddress bool = false

@description('What the portal logs.')
param logFilter string = 'info,sqlx=warn,tower_sessions_core=error'

@description('How many days logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Further settings of the portal: names as in its configuration file, values as in its environment, such as { portal_name: \'Roles\' }. Nothing secret.')
param settings object = {}

@description('Tags for every resource.')
param tags object = {}

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: resourceGroupName
  location: location
  tags: tags
}

module main 'main.bicep' = {
  name: name
  scope: group
  params: {
    image: image
    copyImage: copyImage
    name: name
    location: location
    displayName: displayName
    clientId: clientId
    tenantId: tenantId
    allowedTenants: allowedTenants
    cloud: cloud
    planes: planes
    clientAuth: clientAuth
    assignmentRequired: assignmentRequired
    database: database
    vaultName: vaultName
    vaultResourceGroup: vaultResourceGroup
    vaultEntry: vaultEntry
    vaultEntryVersion: vaultEntryVersion
    minReplicas: minReplicas
    maxReplicas: maxReplicas
    requestsPerReplica: requestsPerReplica
    databasePrivateAccess: databasePrivateAccess
    databaseServerName: databaseServerName
    databaseVersion: databaseVersion
    databaseSku: databaseSku
    databaseStorageGB: databaseStorageGB
    databaseHighAvailability: databaseHighAvailability
    databaseZone: databaseZone
    databaseBackupDays: databaseBackupDays
    databaseGeoBackup: databaseGeoBackup
    registryName: registryName
    customDomain: customDomain
    customDomainCertificateExists: customDomainCertificateExists
    allowedAddresses: allowedAddresses
    fixedOutgoingAddress: fixedOutgoingAddress
    logFilter: logFilter
    logRetentionDays: logRetentionDays
    settings: settings
    tags: tags
  }
}

@description('Where the portal is.')
output portalUrl string = main.outputs.portalUrl

@description('The application (client) id.')
output clientId string = main.outputs.clientId

@description('The redirect URI of sign-in. A registration made by hand has to list it under "Mobile and desktop applications", with clientAuth under "Web".')
output redirectUri string = main.outputs.redirectUri

@description('The link that an administrator opens to grant the permissions for the organisation.')
output adminConsentUrl string = main.outputs.adminConsentUrl

@description('The same for each of the allowed tenants, for an administrator of that tenant.')
output allowedTenantsConsentUrls string[] = main.outputs.allowedTenantsConsentUrls

@description('For a registration made by hand or by the script: the issuer of its federated credential, with clientAuth.')
output federatedIssuer string = main.outputs.federatedIssuer

@description('The subject of that credential: the object id of the portal\'s identity.')
output federatedSubject string = main.outputs.federatedSubject

@description('What a CNAME record of a domain of your own points at.')
output fqdn string = main.outputs.fqdn

@description('What its TXT record asuid.<host> has to hold.')
output domainVerificationId string = main.outputs.domainVerificationId

@description('The outgoing address to trust in policies; empty when it changes.')
output outgoingAddress string = main.outputs.outgoingAddress
