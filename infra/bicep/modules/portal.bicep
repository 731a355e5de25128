// The portal itself: replicas, TLS at the ingress, and, if wanted, a domain of your own with a certificate of Azure's.
//
// With SQLite one replica is not a setting: the store is one file, and one process uses it. The file lies on a volume that lives as
// long as the replica does. A network share (SMB, NFS) is left out on purpose: while a new revision starts, the old one still
// runs, and SQLite's write-ahead log must not be opened from two machines.
//
// With PostgreSQL that volume holds the key file only, which all replicas share. The portal refuses a key that others than its user can
// read, and the modes of a mounted secret are the platform's; so a container that runs before it makes a copy for the portal's user. The
// folder of the copy is not the portal's: a key that `pim-portal key rotate` added there would be known to one replica only.

@description('The name of the container app.')
param appName string

@description('The Azure region.')
param location string

@description('Tags for every resource.')
param tags object

@description('The name of the Container Apps environment.')
param environmentName string

@description('The resource id of the identity.')
param identityId string

@description('The client id of the identity.')
param identityClientId string

@description('How the portal authenticates itself to Entra.')
param clientAuth ('none' | 'managed-identity')

@description('The address of the database that replicas share; empty for SQLite.')
param databaseUrl string

@description('Where the key file is in a vault, with such a database. Another address, such as that of another version, makes a new revision.')
param vaultEntryUrl string

@description('How many replicas there are at least, with such a database.')
param minReplicas int

@description('How many replicas there are at most, with such a database.')
param maxReplicas int

@description('Requests at a time beyond which another replica is started.')
param requestsPerReplica int

@description('The image, with a digest or an exact version.')
param image string

@description('The image that copies the key: anything with a shell, cp and chown.')
param copyImage string

@description('The host of the registry that the identity pulls from; empty for a public image.')
param registryServer string

@description('The origin of the portal.')
param publicUrl string

@description('The application (client) id.')
param clientId string

@description('The tenant that people sign in to.')
param tenantId string

@description('The ids of further tenants that may be entered.')
param allowedTenants string[]

@description('The cloud, in the words of PIM_PORTAL_CLOUD.')
param cloud string

@description('The planes that are on.')
param planes string[]

@description('What is logged.')
param logFilter string

@description('Further settings of the portal.')
param settings object

@description('A host name of your own; empty for none.')
param customDomain string

@description('The certificate for it exists, from an earlier deployment.')
param certificateExists bool

@description('Address ranges that may open the portal; empty for all.')
param allowedAddresses string[]

var dataPath = '/var/lib/pim-portal'
var copiedKey = '${dataPath}/keys/key'
var isShared = !empty(databaseUrl)
var usesIdentity = isShared || clientAuth == 'managed-identity'
var identitySettings = [
  { name: 'PIM_PORTAL_CLIENT_AUTH', value: clientAuth }
  { name: 'PIM_PORTAL_MANAGED_IDENTITY_CLIENT_ID', value: identityClientId }
]
var storeSettings = isShared ? [
  { name: 'PIM_PORTAL_DATABASE_URL', value: databaseUrl }
  { name: 'PIM_PORTAL_DATABASE_AUTH', value: 'managed-identity' }
  { name: 'PIM_PORTAL_KEY_FILE', value: copiedKey }
] : [
  { name: 'PIM_PORTAL_DATABASE_URL', value: 'sqlite://${dataPath}/portal.db' }
  { name: 'PIM_PORTAL_KEY_FILE', value: '${dataPath}/key' }
]
var tenantSettings = empty(allowedTenants) ? [] : [
  { name: 'PIM_PORTAL_ALLOWED_TENANTS', value: join(allowedTenants, ',') }
]
var furtherSettings = [for item in items(settings): {
  name: 'PIM_PORTAL_${toUpper(item.key)}'
  value: item.value
}]
var dataMount = {
  volumeName: 'data'
  mountPath: dataPath
}
var smallest = {
  cpu: json('0.25')
  memory: '0.5Gi'
}
var keyCopy = {
  name: 'key'
  image: copyImage
  command: [
    '/bin/sh'
    '-c'
  ]
  args: [
    'umask 077 && mkdir -p ${dataPath}/keys && chmod 755 ${dataPath}/keys && cp /vault/key ${copiedKey} && chown 65532:65532 ${copiedKey}'
  ]
  env: [
    { name: 'COPIED_FROM', value: vaultEntryUrl }
  ]
  resources: smallest
  volumeMounts: [
    {
      volumeName: 'vault'
      mountPath: '/vault'
    }
    dataMount
  ]
}
var dataVolume = {
  name: 'data'
  storageType: 'EmptyDir'
}
var vaultVolume = {
  name: 'vault'
  storageType: 'Secret'
  secrets: [
    {
      secretRef: 'key'
      path: 'key'
    }
  ]
}
var port = 8080
// Whether the process answers: if not, it is started again.
var alive = {
  path: '/healthz'
  port: port
  scheme: 'HTTP'
}
// Whether it can serve people, its store included: if not, they are sent elsewhere.
var ready = {
  path: '/readyz'
  port: port
  scheme: 'HTTP'
}
var certificateName = 'cert-${appName}'
var boundWithCertificate = [
  {
    name: customDomain
    bindingType: 'SniEnabled'
    certificateId: resourceId('Microsoft.App/managedEnvironments/managedCertificates', environmentName, certificateName)
  }
]
var boundWithout = [
  {
    name: customDomain
    bindingType: 'Disabled'
  }
]

resource environment 'Microsoft.App/managedEnvironments@2025-01-01' existing = {
  name: environmentName
}

resource app 'Microsoft.App/containerApps@2025-01-01' = {
  name: appName
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: true
        targetPort: port
        transport: 'auto'
        allowInsecure: false
        customDomains: empty(customDomain) ? [] : (certificateExists ? boundWithCertificate : boundWithout)
        ipSecurityRestrictions: [for (address, index) in allowedAddresses: {
          name: 'allowed-${index}'
          action: 'Allow'
          ipAddressRange: address
        }]
      }
      secrets: isShared ? [
        {
          name: 'key'
          keyVaultUrl: vaultEntryUrl
          identity: identityId
        }
      ] : []
      registries: empty(registryServer) ? [] : [
        {
          server: registryServer
          identity: identityId
        }
      ]
      // The identity pulls the image and reads the vault, which takes none of this. The portal itself can ask for tokens of it only
      // where it has to.
      identitySettings: [
        {
          identity: identityId
          lifecycle: usesIdentity ? 'Main' : 'None'
        }
      ]
    }
    template: {
      // More than shutdown_delay and shutdown_grace together.
      terminationGracePeriodSeconds: 30
      initContainers: isShared ? [keyCopy] : []
      containers: [
        {
          name: 'portal'
          image: image
          args: [
            'serve'
          ]
          resources: smallest
          env: concat(usesIdentity ? identitySettings : [], storeSettings, tenantSettings, [
            { name: 'PIM_PORTAL_PUBLIC_URL', value: publicUrl }
            { name: 'PIM_PORTAL_TENANT_ID', value: tenantId }
            { name: 'PIM_PORTAL_CLIENT_ID', value: clientId }
            { name: 'PIM_PORTAL_CLOUD', value: cloud }
            { name: 'PIM_PORTAL_PLANES', value: join(planes, ',') }
            { name: 'PIM_PORTAL_LISTEN', value: '0.0.0.0:${port}' }
            { name: 'PIM_PORTAL_LOG', value: logFilter }
            // The ingress hears of the end only once it has begun.
            { name: 'PIM_PORTAL_SHUTDOWN_DELAY', value: '5' }
          ], furtherSettings)
          volumeMounts: [
            dataMount
          ]
          // Azure sets none of these by itself in this kind of environment. None of them asks Microsoft's sign-in or Graph: an
          // outage there must not take the portal away.
          probes: [
            {
              type: 'Startup'
              httpGet: alive
              // With PostgreSQL a replica may wait for another's migrations. More failures than ten cannot be asked for.
              periodSeconds: 5
              failureThreshold: 10
            }
            {
              type: 'Liveness'
              httpGet: alive
              periodSeconds: 10
              failureThreshold: 3
            }
            {
              type: 'Readiness'
              httpGet: ready
              periodSeconds: 5
              failureThreshold: 3
            }
          ]
        }
      ]
      scale: {
        minReplicas: isShared ? minReplicas : 1
        maxReplicas: isShared ? maxReplicas : 1
        rules: [
          {
            name: 'requests'
            http: {
              metadata: {
                concurrentRequests: string(requestsPerReplica)
              }
            }
          }
        ]
      }
      volumes: isShared ? [dataVolume, vaultVolume] : [dataVolume]
    }
  }
}

// Azure issues it once the host name has been added to the app, so the app comes first and is bound to it in the next deployment.
resource certificate 'Microsoft.App/managedEnvironments/managedCertificates@2025-01-01' = if (!empty(customDomain)) {
  parent: environment
  name: certificateName
  location: location
  tags: tags
  properties: {
    subjectName: customDomain
    domainControlValidation: 'CNAME'
  }
  dependsOn: [
    app
  ]
}

@description('The host that a CNAME record of your domain points at.')
output fqdn string = app.properties.configuration.ingress.fqdn

@description('What a TXT record asuid.<host> has to hold before a domain of your own is added.')
output domainVerificationId string = app.properties.customDomainVerificationId
