// The app registration and its service principal. It holds no secret: the portal is a public client that signs people in by
// authorization code with PKCE, or, with clientAuth, a confidential one that shows a token of its managed identity.
//
// It stands apart because it is the only part that needs rights in the directory. Who has none passes an existing client id
// to main.bicep, and this file is not deployed.

extension microsoftGraphV1

@description('The key by which a later deployment finds this registration again. It cannot be changed afterwards.')
param uniqueName string

@description('The name that people see when they sign in and consent.')
param displayName string

@description('The origin of the portal, such as https://pim.example.com, without a slash at the end.')
param publicUrl string

@description('The planes that are on. A plane that is off takes its permissions with it.')
param planes ('entra' | 'groups' | 'azure')[]

@description('Only people and groups assigned to the enterprise application may sign in.')
param assignmentRequired bool

@description('The ids of further tenants that may be entered; with any, the registration is multi-tenant.')
param allowedTenants string[]

@description('How the portal authenticates itself. "none": a public client. "managed-identity": with a federated credential.')
param clientAuth ('none' | 'managed-identity')

@description('The object id of the managed identity, for clientAuth.')
param identityPrincipalId string

var isPublic = clientAuth == 'none'
var redirectUris = [
  '${publicUrl}/auth/callback'
  '${publicUrl}/auth/admin-consent'
  '${publicUrl}/sign-in'
]

var entra = contains(planes, 'entra')
var groups = contains(planes, 'groups')
var azure = contains(planes, 'azure')

// Well-known ids of Microsoft's own applications, the same in every tenant.
var microsoftGraph = '00000003-0000-0000-c000-000000000000'
var azureServiceManagement = '797f4846-ba00-4fd7-ba43-dac1f8f63013'

// Delegated permissions ("Scope") only. A test compares names and ids with the table of the code.
var always = [
  { id: '37f7f235-527c-4136-accd-4a02d197296e', type: 'Scope' } // openid
  { id: '14dad69e-099b-42c9-810b-d002981feec1', type: 'Scope' } // profile
  { id: '64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0', type: 'Scope' } // email
  { id: '7427e0e9-2fba-42fe-b0c0-848c9e6a8182', type: 'Scope' } // offline_access
  { id: 'e1fe6dd8-ba31-4d61-89e7-88639da4683d', type: 'Scope' } // User.Read
]
var forEntra = [
  { id: 'd01b97e9-cbc0-49fe-810a-750afd5527a3', type: 'Scope' } // RoleManagement.ReadWrite.Directory
  { id: '3361d15d-be43-4de6-b441-3c746d05163d', type: 'Scope' } // AdministrativeUnit.Read.All
]
var forGroups = [
  { id: '32531c59-1f32-461f-b8df-6f8a3b89f73b', type: 'Scope' } // PrivilegedAccess.ReadWrite.AzureADGroup
  { id: '7e26fdff-9cb1-4e56-bede-211fe0e420e8', type: 'Scope' } // RoleManagementPolicy.Read.AzureADGroup
]
var forDirectory = [
  { id: '572fea84-0151-49b2-9301-11cb16974376', type: 'Scope' } // Policy.Read.All
  { id: 'e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20', type: 'Scope' } // AuditLog.Read.All
]
var forAzure = [
  { id: '41094075-9dad-400e-a0bd-54e686782033', type: 'Scope' } // user_impersonation
]

var graphScopes = concat(
  always,
  entra ? forEntra : [],
  groups ? forGroups : [],
  entra || groups ? forDirectory : []
)
var graphAccess = [
  { resourceAppId: microsoftGraph, resourceAccess: graphScopes }
]
var azureAccess = [
  { resourceAppId: azureServiceManagement, resourceAccess: forAzure }
]

resource application 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: uniqueName
  displayName: displayName
  description: 'Activates privileged roles for the person who is signed in. Delegated permissions only, no secret.'
  // Which of the other tenants is let in is the portal's own check. Each still needs the consent of an administrator there.
  signInAudience: empty(allowedTenants) ? 'AzureADMyOrg' : 'AzureADMultipleOrgs'
  // The platform of the redirect URIs makes this a public or a confidential client, and an address lies on one platform only. The
  // setting would only open device code and password flows.
  isFallbackPublicClient: false
  publicClient: {
    redirectUris: isPublic ? redirectUris : []
  }
  web: {
    homePageUrl: publicUrl
    redirectUris: isPublic ? [] : redirectUris
  }
  requiredResourceAccess: concat(graphAccess, azure ? azureAccess : [])
}

// Whoever shows a token that Entra issued to the identity, for this audience, is the application. It works some minutes after it was
// made (AADSTS700213 until then).
resource federation 'Microsoft.Graph/applications/federatedIdentityCredentials@v1.0' = if (!isPublic) {
  name: '${application.uniqueName}/managed-identity'
  description: 'The managed identity that the portal runs under.'
  issuer: '${az.environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
  subject: identityPrincipalId
  audiences: [
    'api://AzureADTokenExchange'
  ]
}

resource servicePrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: application.appId
  appRoleAssignmentRequired: assignmentRequired
  // Without this tag the list "Enterprise applications" of the admin center hides it.
  tags: [
    'WindowsAzureActiveDirectoryIntegratedApp'
  ]
}

@description('The application (client) id.')
output clientId string = application.appId

@description('The object id of the service principal ("enterprise application").')
output servicePrincipalId string = servicePrincipal.id
