import { Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, type PolicyStatementProps, type Role } from 'aws-cdk-lib/aws-iam';

/** What a role may do. */
export interface Right {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: PolicyStatementProps['conditions'];
  /** Why a resource ends in a star; cdk-nag refuses a star without a reason. */
  readonly because?: string;
}

/** Gives a role these rights and no others. */
export const grant = (role: Role, rights: readonly Right[]): void => {
  for (const { actions, resources, conditions, because } of rights) {
    const given = { actions: [...actions], resources: [...resources] };
    role.addToPolicy(new PolicyStatement({ ...given, ...(conditions && { conditions }) }));
    if (because !== undefined) acknowledgeStars(role, resources, because);
  }
};

/** Tells cdk-nag why these resources end in a star. */
export const acknowledgeStars = (
  role: Role,
  resources: readonly string[],
  reason: string,
): void => {
  for (const resource of resources) {
    const text = readable(Stack.of(role).resolve(resource));
    if (!text.includes('*')) continue;
    const id = `AwsSolutions::AwsSolutions-IAM5[Resource::${text}]`;
    Validations.of(role).acknowledge({ id, reason });
  }
};

/** As cdk-nag writes a resource: `arn:<AWS::Partition>:s3:::<Bucket>/*`. */
const readable = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const [[intrinsic, of] = []] = Object.entries(value as Record<string, unknown>);
  if (intrinsic === 'Ref') return `<${of}>`;
  if (intrinsic === 'Fn::GetAtt') return `<${(of as string[]).join('.')}>`;
  const [delimiter, parts] = of as [string, unknown[]];
  return parts.map(readable).join(delimiter);
};
